"""Runs a Python program on zincmq: `python -m zincmq [-m MODULE | -c CODE | PROGRAM.py] [ARGUMENTS]`."""

import os
import sys

from zincmq import environment


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: zincmq-run [-m MODULE | -c CODE | PROGRAM.py] [ARGUMENTS]")
    os.execve(sys.executable, [sys.executable, *sys.argv[1:]], environment())


if __name__ == "__main__":
    main()
