"""Mongrel2, a web server that hands requests to its handlers over ZeroMQ.

packages: mongrel2-core python3-zmq
run: python3 mongrel2.py
"""

import http.client
import pathlib
import socket
import subprocess
import threading
import time

import zmq


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(pull, pub):
    """Answers each request with what it asked for, in capitals."""
    while True:
        sender, connection, path, rest = pull.recv().split(b" ", 3)
        if path == b"end":
            return
        body = path.upper()
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        pub.send(b"%s %d:%s, %s" % (sender, len(connection), connection, head + body))


port, requests, answers = (free_port() for _ in range(3))
for directory in ("run", "logs", "tmp"):
    pathlib.Path(f"/tmp/web/{directory}").mkdir(parents=True)
pathlib.Path("/tmp/web/mongrel2.conf").write_text(f"""
handler = Handler(send_spec='tcp://127.0.0.1:{requests}', send_ident='web', recv_spec='tcp://127.0.0.1:{answers}', recv_ident='')
main = Server(uuid='main', access_log='/logs/access.log', error_log='/logs/error.log', chroot='./', pid_file='/run/mongrel2.pid',
    default_host='127.0.0.1', name='main', bind_addr='127.0.0.1', port={port}, hosts=[Host(name='127.0.0.1', routes={{'/': handler}})])
settings = {{'zeromq.threads': 1, 'server.daemonize': 0}}
servers = [main]
""")
subprocess.run(["m2sh", "load", "-config", "mongrel2.conf", "-db", "web.sqlite"], cwd="/tmp/web", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
server = subprocess.Popen(["mongrel2", "web.sqlite", "main"], cwd="/tmp/web", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
context = zmq.Context()
pull, pub = context.socket(zmq.PULL), context.socket(zmq.PUB)
pull.connect(f"tcp://127.0.0.1:{requests}")
pub.connect(f"tcp://127.0.0.1:{answers}")
threading.Thread(target=serve, args=(pull, pub), daemon=True).start()
for path in ("/one", "/two", "/three"):
    while True:
        try:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            client.request("GET", path)
            answer = client.getresponse()
            break
        except OSError:
            time.sleep(0.1)
    print(answer.status, answer.read())
server.terminate()
# Not what it answers: now and then it ends by its own abort, with either library.
server.wait(30)
