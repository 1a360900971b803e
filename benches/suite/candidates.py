"""What is measured: the original, zincmq, any other library by its path, and the programs that run on them. The same
binaries run every library: LD_LIBRARY_PATH chooses."""

import os
import pathlib
import re
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent
REFERENCE = "libzmq"
OURS = "zincmq"


class Library:
    """A candidate: a directory of its own with nothing but libzmq.so.5 in it."""

    def __init__(self, name, path, farm):
        path = pathlib.Path(path)
        if path.is_dir():
            path = next((path / n for n in ("libzmq.so.5", "libzmq.so") if (path / n).exists()), path)
        if not path.is_file():
            sys.exit(f"{name}: no libzmq.so.5 or libzmq.so at {path}")
        self.name, self.file = name, path.resolve()
        self.dir = farm / name
        self.dir.mkdir(parents=True)
        (self.dir / "libzmq.so.5").symlink_to(self.file)

    def describe(self):
        """File, size, and the cryptography it is linked with."""
        needs = subprocess.run(["ldd", str(self.file)], capture_output=True, text=True).stdout
        sodium = re.search(r"libsodium\S*", needs)
        return (f"`{self.file.name}`, {self.file.stat().st_size // 1024} KiB"
                + (f", with {sodium.group(0)}" if sodium else ""))


def system_libzmq():
    """The installed libzmq, as the dynamic loader's cache names it."""
    cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    found = re.search(r"libzmq\.so\.5 .*=> (\S+)", cache)
    return found.group(1) if found else None


def target():
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def default_zincmq():
    """The installed tree if there is one, else cargo's release build."""
    for path in (ROOT / "prefix/lib/libzmq.so.5", target() / "release/libzmq.so"):
        if path.exists():
            return path
    return None


def choose(libzmq, more, farm):
    """The original, zincmq if it has been built, and what the command line adds as NAME=PATH."""
    paths = {}
    if libzmq:
        paths[REFERENCE] = libzmq
    if default_zincmq():
        paths[OURS] = default_zincmq()
    for word in more:
        name, equals, path = word.partition("=")
        if not equals:
            sys.exit(f"--lib {word}: NAME=PATH is meant")
        paths[name] = path
    if not paths:
        sys.exit("no library found: neither an installed libzmq nor a build of zincmq; name one with --lib")
    return [Library(name, path, farm) for name, path in paths.items()]


def compile_programs(out, library):
    """Builds every program once, against whichever candidate comes first."""
    include = ["-I", str(ROOT / "include")] if (ROOT / "include/zmq.h").exists() else []
    for source in sorted(HERE.glob("*.c")):
        link = [] if source.name.startswith("raw_") else ["-L", str(library.dir), "-l:libzmq.so.5"]
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", *include,
                        "-o", str(out / source.stem), str(source), *link, "-lpthread"], check=True)


def python_with_pyzmq():
    """An interpreter whose pyzmq was built against the installed libzmq, so that LD_LIBRARY_PATH chooses for it too."""
    folder = target() / "bench-pyzmq"
    python = folder / "bin/python"
    if python.exists() and subprocess.run([str(python), "-c", "import zmq"], capture_output=True).returncode == 0:
        return python
    print(f"building pyzmq in {folder.name}", file=sys.stderr)
    venv.create(folder, with_pip=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-binary", "pyzmq",
                    "pyzmq"], check=True, env={k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"})
    return python
