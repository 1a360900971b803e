"""uWSGI's plugin logzmq: a server that sends its log over ZeroMQ.

packages: uwsgi-core python3-zmq
run: python3 uwsgi.py
"""

import subprocess

import zmq

context = zmq.Context()
pull = context.socket(zmq.PULL)
pull.setsockopt(zmq.RCVTIMEO, 60000)
port = pull.bind_to_random_port("tcp://127.0.0.1")
server = subprocess.Popen(["uwsgi-core", "--plugin", "logzmq", "--master", "--logger", f"zeromq:tcp://127.0.0.1:{port}",
                           "--http-socket", "127.0.0.1:0", "--die-on-term"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
line = b""
while b"WSGI" not in line:
    line = pull.recv()
print(line.decode().split("(")[0].strip())
server.terminate()
print(server.wait(30))
context.destroy()
