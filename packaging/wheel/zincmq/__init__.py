"""The library zincmq, a libzmq.so.5 written in Rust, for Python programs that use pyzmq.

pyzmq brings a libzmq of its own. `zincmq-run program.py`, or `python -m zincmq program.py`, runs a program with
this library preloaded, which then takes its place.
"""

import os
import pathlib

LIBRARY = pathlib.Path(__file__).resolve().parent / "libzmq.so.5"


def environment(base=None):
    """The environment for a child process that shall run on zincmq."""
    env = dict(os.environ if base is None else base)
    others = [path for path in env.get("LD_PRELOAD", "").split(":") if path and path != str(LIBRARY)]
    env["LD_PRELOAD"] = ":".join([str(LIBRARY), *others])
    return env
