"""Runs a Python program and first says which libzmq its pyzmq really calls: pyzmq_witness.py PROGRAM ARGS...

pyzmq's wheels bring a libzmq of their own, and it stays loaded when another one is preloaded. So the first line of output,
"evidence" and JSON, has what the library answers (version, zmq_has), and for every zmq_ function that pyzmq's
extension module imports, which object its entry in the module's global offset table points into. Start it with
LD_BIND_NOW=1, so that the table is filled in.
"""

import ctypes
import json
import os
import runpy
import struct
import sys

import zmq
from zmq.backend.cython import _zmq

PT_DYNAMIC = 2
DT_PLTRELSZ, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ, DT_JMPREL = 2, 5, 6, 7, 8, 23
SYMBOL_SIZE, RELOCATION_SIZE = 24, 24


class DlInfo(ctypes.Structure):
    _fields_ = [("file", ctypes.c_char_p), ("base", ctypes.c_void_p), ("name", ctypes.c_char_p), ("at", ctypes.c_void_p)]


def mapped():
    """(start address, file offset, file) of every mapping of a file in this process."""
    with open("/proc/self/maps") as maps:
        rows = [line.split(maxsplit=5) for line in maps]
    return [(int(r[0].split("-")[0], 16), int(r[2], 16), r[5].strip()) for r in rows if len(r) == 6]


def object_of(address):
    """The file of the loaded object that the address lies in."""
    info = DlInfo()
    found = ctypes.CDLL(None).dladdr(ctypes.c_void_p(address), ctypes.byref(info))
    return os.path.realpath(info.file.decode()) if found else None


def dynamic_section(base):
    """The dynamic section of the 64-bit ELF object loaded at `base`: the last value of each tag."""
    header = struct.unpack("<16xHHIQQQIHHH", ctypes.string_at(base, 58))
    table, size, count = header[4], header[8], header[9]
    for i in range(count):
        kind, _, _, at = struct.unpack("<IIQQ", ctypes.string_at(base + table + i * size, 24))
        if kind == PT_DYNAMIC:
            break
    entries, tag, at = {}, None, base + at
    while tag != 0:
        tag, value = struct.unpack("<QQ", ctypes.string_at(at, 16))
        entries[tag] = value
        at += 16
    return entries


def imported(base, prefix):
    """Name and bound address of every function the object imports whose name starts with the prefix."""
    dynamic = dynamic_section(base)
    functions = {}
    for table, size in ((DT_JMPREL, DT_PLTRELSZ), (DT_RELA, DT_RELASZ)):
        for at in range(dynamic.get(table, 0), dynamic.get(table, 0) + dynamic.get(size, 0), RELOCATION_SIZE):
            slot, info, _ = struct.unpack("<QQq", ctypes.string_at(at, RELOCATION_SIZE))
            symbol = dynamic[DT_SYMTAB] + (info >> 32) * SYMBOL_SIZE
            name = ctypes.string_at(dynamic[DT_STRTAB] + struct.unpack("<I", ctypes.string_at(symbol, 4))[0])
            if info >> 32 and name.startswith(prefix):
                functions[name.decode()] = struct.unpack("<Q", ctypes.string_at(base + slot, 8))[0]
    return functions


def evidence():
    module = os.path.realpath(_zmq.__file__)
    base = next(start for start, offset, file in mapped() if offset == 0 and os.path.realpath(file) == module)
    return {
        "version": zmq.zmq_version(),
        "zincmq": zmq.has("zincmq"),
        "pyzmq": zmq.pyzmq_version(),
        "mapped": sorted({os.path.realpath(f) for _, _, f in mapped() if "libzmq" in os.path.basename(f)}),
        "functions": {name: object_of(address) for name, address in imported(base, b"zmq_").items()},
    }


def main():
    _, program, *arguments = sys.argv
    print("evidence", json.dumps(evidence()), flush=True)
    sys.argv = [program, *arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(program))
    runpy.run_path(program, run_name="__main__")


main()
