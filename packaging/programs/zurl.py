"""zurl, an HTTP client that takes its requests over ZeroMQ.

packages: zurl python3-zmq
run: python3 zurl.py
"""

import http.server
import json
import pathlib
import subprocess
import threading

import zmq


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"this is {self.path}".encode() * 1000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


web = http.server.HTTPServer(("127.0.0.1", 0), Pages)
threading.Thread(target=web.serve_forever, daemon=True).start()
pathlib.Path("/tmp/zurl.conf").write_text(
    "[General]\nin_req_spec=ipc:///tmp/zurl-req\ndefpolicy=allow\nmax_open_requests=10\n")
daemon = subprocess.Popen(["zurl", "--config=/tmp/zurl.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
context = zmq.Context()
request = context.socket(zmq.REQ)
request.setsockopt(zmq.RCVTIMEO, 60000)
request.connect("ipc:///tmp/zurl-req")
for path in ("one", "two"):
    question = {"id": path, "method": "GET", "uri": f"http://127.0.0.1:{web.server_port}/{path}"}
    request.send(b"J" + json.dumps(question).encode())
    answer = json.loads(request.recv()[1:])
    print(answer.get("code"), answer.get("id"), len(answer.get("body", "")), answer.get("condition"))
daemon.terminate()
print(daemon.wait(30))
context.destroy()
