"""Tango's control system: a device sends events over ZeroMQ to a client in another process.

packages: python3-tango
run: python3 tango-events.py
"""

import queue
import socket
import subprocess
import sys
import time

import tango
from tango.server import Device, attribute, command


class Counter(Device):
    """One number; it is told when it changes."""

    def init_device(self):
        super().init_device()
        self.number = 0
        self.set_change_event("count", True, False)

    @attribute(dtype=int)
    def count(self):
        return self.number

    @command
    def step(self):
        self.number += 1
        self.push_change_event("count", self.number)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def device(port):
    deadline = time.monotonic() + 60
    while True:
        try:
            proxy = tango.DeviceProxy(f"tango://127.0.0.1:{port}/test/counter/1#dbase=no")
            proxy.ping()
            return proxy
        except tango.DevFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main():
    port = free_port()
    server = subprocess.Popen([sys.executable, __file__, "one", "-nodb", "-dlist", "test/counter/1", "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    proxy, events = device(port), queue.Queue()
    subscription = proxy.subscribe_event("count", tango.EventType.CHANGE_EVENT, events.put)
    print(events.get(timeout=60).attr_value.value)
    for number in range(1, 6):
        proxy.command_inout("step")
        # The first value may come twice.
        while (event := events.get(timeout=60)).attr_value.value != number:
            pass
        print(event.err, event.attr_value.value)
    proxy.unsubscribe_event(subscription)
    tango.DeviceProxy(f"tango://127.0.0.1:{port}/dserver/tango-events/one#dbase=no").command_inout("Kill")
    print(server.wait(30))


if len(sys.argv) > 1:
    tango.server.run((Counter,))
else:
    main()
