"""Ping-pong between two asyncio programs on pyzmq, a process each: REQ asks, REP answers. Prints what lat.c prints.

echo.py tcp|ipc SIZE SECONDS"""

import asyncio
import os
import re
import resource
import struct
import sys
import time

import zmq
import zmq.asyncio

LAST = 1 << 63
WARM_UP = 20


def usage():
    """CPU seconds so far, and MiB at most."""
    r = resource.getrusage(resource.RUSAGE_SELF)
    peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())
    return r.ru_utime + r.ru_stime, int(peak.group(1)) / 1024


async def answer(report, transport):
    with zmq.asyncio.Context() as context, context.socket(zmq.REP) as s:
        s.bind("ipc://*" if transport == "ipc" else "tcp://127.0.0.1:*")
        report.write(s.last_endpoint + b"\n")
        before, _ = usage()
        number = 0
        while not number & LAST:
            body = await s.recv()
            number, = struct.unpack_from("Q", body)
            await s.send(body)
        cpu, peak = usage()
        report.write(b"%f %f\n" % (cpu - before, peak))


async def round_trip(s, size, number):
    start = time.perf_counter()
    await s.send(struct.pack("Q", number).ljust(size, b"."))
    body = await s.recv()
    took = time.perf_counter() - start
    assert len(body) == size and struct.unpack_from("Q", body) == (number,), body
    return took


async def ask(report, size, seconds):
    with zmq.asyncio.Context() as context, context.socket(zmq.REQ) as s:
        s.connect(report.readline().strip())
        for _ in range(WARM_UP):
            await round_trip(s, size, 0)
        before, _ = usage()
        took = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            took.append(await round_trip(s, size, len(took)))
        cpu = usage()[0] - before
        await round_trip(s, size, LAST)
    partner_cpu, partner_peak = map(float, report.readline().split())
    took.sort()
    quantiles = {"p50": .5, "p99": .99, "p999": .999}
    words = {name: took[int(q * len(took))] / 2e-6 for name, q in quantiles.items()}
    words |= {"mean": sum(took) / len(took) / 2e-6, "cpu_us": (cpu + partner_cpu) / len(took) * 1e6,
              "peak_mib": usage()[1] + partner_peak, "messages": len(took)}
    maps = open("/proc/self/maps").read()
    print(*(f"{k}={v}" for k, v in words.items()), "version=" + zmq.zmq_version(),
          "lib=" + re.search(r"\S*libzmq\S*\.so\S*", maps).group(0))


def main():
    transport, size, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    here, there = os.pipe()
    child = os.fork()  # nothing has been asked of the library yet
    if child == 0:
        with open(there, "wb", buffering=0) as report:
            asyncio.run(answer(report, transport))
        return
    os.close(there)
    with open(here, "rb") as report:
        asyncio.run(ask(report, size, seconds))
    assert os.waitpid(child, 0)[1] == 0


main()
