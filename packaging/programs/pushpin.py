"""Pushpin, a proxy for pages that stay open: its front (condure), its proxy and its handler exchange over ZeroMQ,
and so do zurl, which asks for the pages behind, and who publishes.

packages: pushpin zurl python3-minimal
run: mkdir -p /run/zurl && python3 pushpin.py
"""

import http.client
import http.server
import pathlib
import socket
import subprocess
import threading
import time

class Pages(http.server.BaseHTTPRequestHandler):
    """An answer that says: keep the client, and give it what is published as `news`."""

    def do_GET(self):
        body = b"begin\n"
        self.send_response(200)
        self.send_header("Grip-Hold", "stream")
        self.send_header("Grip-Channel", "news")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
threading.Thread(target=web.serve_forever, daemon=True).start()
front, push, push_sub, push_http, command = (free_port() for _ in range(5))
pathlib.Path("/tmp/zurl.conf").write_text("""[General]
in_spec=ipc:///var/run/zurl/zurl-in
in_stream_spec=ipc:///var/run/zurl/zurl-in-stream
out_spec=ipc:///var/run/zurl/zurl-out
defpolicy=allow
max_open_requests=10
""")
settings = pathlib.Path("/etc/pushpin/pushpin.conf").read_text()
for old, new in ((5560, push), (5562, push_sub), (5563, command)):
    settings = settings.replace(f"tcp://127.0.0.1:{old}", f"tcp://127.0.0.1:{new}")
settings = settings.replace("push_in_http_port=5561", f"push_in_http_port={push_http}")
settings = settings.replace("rundir=/var/run/pushpin", "rundir=/tmp").replace("logdir=/var/log/pushpin", "logdir=/tmp")
pathlib.Path("/tmp/pushpin.conf").write_text(settings)
fetcher = subprocess.Popen(["zurl", "--config=/tmp/zurl.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
proxy = subprocess.Popen(["pushpin", "--config=/tmp/pushpin.conf", f"--port=127.0.0.1:{front}", f"--route=* 127.0.0.1:{web.server_port}"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while True:
    try:
        client = http.client.HTTPConnection("127.0.0.1", front, timeout=60)
        client.request("GET", "/page")
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
answer = client.getresponse()
print(answer.status, answer.readline())
published = subprocess.run(["pushpin-publish", f"--spec=tcp://127.0.0.1:{push}", "news", "first"], stdout=subprocess.PIPE, text=True)
print(published.stdout.strip(), answer.readline())
for daemon in proxy, fetcher:
    daemon.terminate()
    # Not what it answers: Mongrel2, which it starts, may crash when it ends, in its own code and with either library.
    daemon.wait(30)
