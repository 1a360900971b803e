"""The tests' own promise: no process is left, even if a test is killed."""

import pathlib
import sys
import time

from stage import PATIENCE_S, Failure, Stage, marked


def test_none_left(stage):
    scratch = stage.scratch / "inner"
    scratch.mkdir()
    words = [sys.executable, __file__, stage.programs, stage.libdir, scratch]
    inner = stage.start_command("test", words)
    inner.await_line("all are there")
    if len(marked(scratch)) != 4:
        raise Failure("the inner stage has not four processes")
    inner.kill()
    limit = time.monotonic() + PATIENCE_S
    while marked(scratch):
        if time.monotonic() > limit:
            raise Failure(f"left behind: {marked(scratch)}")
    # The address that the dead have left can be used.
    stage.start("server", "lazy-pirate/server", "server", stage.endpoint("inner/front"), 1)
    stage.start("ann", "lazy-pirate/client", "ann", stage.endpoint("inner/front"), 1, 3).wait_end()


def inner_test(programs, libdir, scratch):
    """Four processes, one of them frozen; then this one waits to be killed."""
    stage = Stage(programs, libdir, scratch, "", 0)
    front, back = stage.endpoint("front"), stage.endpoint("back")
    stage.start("queue", "simple-pirate/queue", front, back)
    workers = [stage.start(name, "simple-pirate/worker", name, back) for name in ("w1", "w2")]
    stage.start("ann", "lazy-pirate/client", "ann", front, 1, 10**9)
    for worker in workers:
        worker.await_line("is ready")
    workers[0].freeze()
    print("all are there", flush=True)
    stage.play_on(3600)


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    inner_test(*sys.argv[1:])
