#!/usr/bin/env python3
"""Makes the wheel: build.py LIBRARY VERSION MACHINE DIRECTORY. The same input gives the same bytes."""

import base64
import hashlib
import pathlib
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

METADATA = """\
Metadata-Version: 2.1
Name: zincmq
Version: {version}
Summary: A libzmq.so.5 written in Rust, and a command that runs pyzmq programs on it
License: MIT OR Apache-2.0
Requires-Python: >=3.8
Description-Content-Type: text/plain

{description}
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: zincmq\nRoot-Is-Purelib: false\nTag: {tag}\n"
ENTRY_POINTS = "[console_scripts]\nzincmq-run = zincmq.__main__:main\n"


def main():
    library, version, machine, directory = sys.argv[1:]
    tag = f"py3-none-linux_{machine}"
    info = f"zincmq-{version}.dist-info"
    description = (HERE / "zincmq/__init__.py").read_text().split('"""')[1]
    files = {f"zincmq/{source.name}": source.read_bytes() for source in sorted((HERE / "zincmq").glob("*.py"))}
    files["zincmq/libzmq.so.5"] = pathlib.Path(library).read_bytes()
    files[f"{info}/METADATA"] = METADATA.format(version=version, description=description).encode()
    files[f"{info}/WHEEL"] = WHEEL.format(tag=tag).encode()
    files[f"{info}/entry_points.txt"] = ENTRY_POINTS.encode()
    for licence in ("LICENSE-MIT", "LICENSE-APACHE"):
        files[f"{info}/{licence}"] = (ROOT / licence).read_bytes()

    def line(name, content):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        return f"{name},sha256={digest},{len(content)}\n"

    record = f"{info}/RECORD"
    files[record] = ("".join(line(*entry) for entry in files.items()) + f"{record},,\n").encode()
    wheel = pathlib.Path(directory) / f"zincmq-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name.endswith(".so.5") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    print(wheel)


if __name__ == "__main__":
    main()
