"""Running one program: plainly, counted by callgrind, or with its system calls counted; and the load beside it."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

SPINNER = """import os
os.nice({nice})
while os.getppid() == {parent}:
    for i in range(10**6): pass
"""


@contextlib.contextmanager
def load(kind):
    """Keeps the named background load running: `busy` is a process of the lowest priority on each core, so that cores never
    sleep and a wake-up is cheap; `crowded` is two ordinary ones on each."""
    cores = len(os.sched_getaffinity(0))
    count, nice = {"idle": (0, 0), "busy": (cores, 19), "crowded": (2 * cores, 0)}[kind]
    code = SPINNER.format(nice=nice, parent=os.getpid())
    spinners = []
    try:
        spinners += [subprocess.Popen([sys.executable, "-S", "-c", code]) for _ in range(count)]
        yield
    finally:
        for s in spinners:
            s.kill()
            s.wait()


def execute(command, library, timeout):
    """Runs one program; its key=value words, or None (with the reason on stderr) when it failed."""
    env = dict(os.environ)
    env.pop("LD_PRELOAD", None)
    if library:
        env["LD_LIBRARY_PATH"] = str(library.dir)
        env["TMPDIR"] = str(library.dir)  # where ipc://* makes its sockets
    name = library.name if library else "raw"
    # Not a session of its own: the kernel would give it a share of the cores apart from the background load.
    child = subprocess.Popen([str(word) for word in command], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, process_group=0)
    try:
        out, err = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # the partner process too
        out, err = child.communicate()
        err = f"no end after {timeout:.0f} s {err}"
    if child.returncode != 0:
        print(f"FAILED: {name}: {' '.join(map(str, command))}: {child.returncode} {err.strip()}", file=sys.stderr)
        return None
    words = dict(w.split("=", 1) for w in out.split() if "=" in w)
    if library and pathlib.Path(words["lib"]).resolve() != library.file:
        sys.exit(f"{name}: measured {words['lib']} instead of {library.file}")
    return words


def instructions(command_for, library, scratch):
    """Instructions a message, of all processes. Two run lengths, differenced: what starting and stopping cost falls
    out."""
    totals = []
    for count in (2000, 12000):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        words = execute(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={scratch}/%p",
                         *command_for(f"{count}x")], library, 300)
        if not words:
            return None
        found = [re.search(r"^(?:totals|summary): (\d+)", f.read_text(), re.M) for f in scratch.iterdir()]
        totals.append(sum(int(t.group(1)) for t in found if t))
    return {**words, "instructions": (totals[1] - totals[0]) / 10000}


def syscalls(command, library, scratch):
    """System calls a message, of all processes, start and end included. perf disturbs the program less than strace,
    which stands in where perf may not be used."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    out = scratch / "calls"
    perf = ["perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-o", out]
    if shutil.which("perf") and subprocess.run([*perf, "true"], capture_output=True).returncode == 0:
        words = execute([*perf, *command], library, 60)
        count = re.search(r"^(\d+),", out.read_text(), re.M) if words else None
    else:
        words = execute(["strace", "-c", "-f", "-o", out, *command], library, 60)
        count = re.search(r"^100\.00\s+\S+\s+(?:\d+\s+)?(\d+)\s+(?:\d+\s+)?total", out.read_text(), re.M) if words else None
    return {**words, "syscalls": int(count.group(1)) / int(words["messages"])} if count else None
