"""rsyslog's modules for CZMQ: messages come in over ZeroMQ and go out again.

packages: rsyslog-czmq python3-zmq
run: python3 rsyslog.py
"""

import pathlib
import subprocess
import time

import zmq

context = zmq.Context()
pull = context.socket(zmq.PULL)
pull.setsockopt(zmq.RCVTIMEO, 60000)
port = pull.bind_to_random_port("tcp://127.0.0.1")
pathlib.Path("/tmp/rsyslog.conf").write_text(f"""
module(load="imczmq" ioThreads="1")
module(load="omczmq")
template(name="plain" type="string" string="out: %rawmsg%")
ruleset(name="relay") {{
    action(type="omczmq" endpoints=">tcp://127.0.0.1:{port}" socktype="PUSH" template="plain")
}}
input(type="imczmq" endpoints="@ipc:///tmp/rsyslog-in" socktype="PULL" ruleset="relay")
""")
daemon = subprocess.Popen(["rsyslogd", "-n", "-f", "/tmp/rsyslog.conf", "-i", "/tmp/rsyslog.pid"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
push = context.socket(zmq.PUSH)
push.connect("ipc:///tmp/rsyslog-in")
for i in range(3):
    push.send_string(f"message {i}")
    print(pull.recv())
daemon.terminate()
print(daemon.wait(30))
context.destroy()
