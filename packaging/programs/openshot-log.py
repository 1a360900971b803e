"""OpenShot's library, which publishes its log over ZeroMQ.

packages: python3-openshot python3-zmq
run: python3 openshot-log.py
"""

import socket

import openshot
import zmq

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    endpoint = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
logger = openshot.ZmqLogger.Instance()
logger.Connection(endpoint)
logger.Enable(True)
context = zmq.Context()
sub = context.socket(zmq.SUB)
sub.subscribe("")
sub.connect(endpoint)
while not sub.poll(100):
    logger.Log("first\n")
print(sub.recv().strip())
for name in ("second", "third"):
    logger.Log(name)
received = sub.recv()
while b"first" in received:
    received = sub.recv()
print(received, sub.recv())
logger.Close()
context.destroy()
