"""pmacct's nfacctd: flows that arrive as NetFlow go from the collector to a plugin, which is another process, over ZeroMQ.

packages: pmacct python3-minimal
run: python3 pmacct.py
"""

import itertools
import json
import pathlib
import socket
import struct
import subprocess
import threading
import time

probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
probe.bind(("127.0.0.1", 0))
port = probe.getsockname()[1]
probe.close()
pathlib.Path("/tmp/nfacctd.conf").write_text(f"""
daemonize: false
nfacctd_ip: 127.0.0.1
nfacctd_port: {port}
plugins: print[flows]
plugin_pipe_zmq[flows]: true
plugin_pipe_zmq_profile[flows]: micro
aggregate[flows]: src_host, dst_host, src_port, dst_port, proto
print_output[flows]: json
print_refresh_time[flows]: 1
""")
collector = subprocess.Popen(["nfacctd", "-f", "/tmp/nfacctd.conf"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
exporter = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def export(number):
    """A datagram of NetFlow 5 with one flow of so many bytes."""
    now = int(time.time())
    head = struct.pack("!HHIIIIBBH", 5, 1, 1000, now, 0, number, 0, 0, 0)
    flow = struct.pack("!4s4s4sHHIIIIHHBBBBHHBBH", socket.inet_aton("10.0.0.1"), socket.inet_aton("10.0.0.2"), bytes(4), 1, 2, 3, 1000,
                       500, 900, 1234, 80, 0, 0x18, 6, 0, 0, 0, 24, 24, 0)
    exporter.sendto(head + flow, ("127.0.0.1", port))


def export_always():
    """The collector may not listen yet."""
    for number in itertools.count():
        export(number)
        time.sleep(0.2)


threading.Thread(target=export_always, daemon=True).start()
for line in collector.stdout:
    flow = json.loads(line) if line.startswith("{") else {}
    if flow.get("ip_src") == "10.0.0.1":
        break
print({name: flow[name] for name in ("ip_src", "ip_dst", "port_src", "port_dst", "ip_proto")}, flow["bytes"] % 1000, flow["packets"] % 3)
collector.terminate()
print(collector.wait(30))
