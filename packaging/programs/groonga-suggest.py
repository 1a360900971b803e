"""Groonga's suggestions: what a web server learns of its users goes to a learner over ZeroMQ, and what that makes of it comes back.

packages: groonga-plugin-suggest groonga-bin python3-minimal
run: python3 groonga-suggest.py
"""

import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.parse
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(**parameters):
    with urllib.request.urlopen(f"http://127.0.0.1:{web}/?{urllib.parse.urlencode(parameters)}", timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def items():
    """What the web server has been taught."""
    answer = subprocess.run(["groonga", "/tmp/web.db", "select", "item_query", "--output_columns", "_key"], stdout=subprocess.PIPE, text=True)
    return sorted(row[0] for row in json.loads(answer.stdout)[1][0][2:])


for side in ("learner", "web"):
    subprocess.run(["groonga-suggest-create-dataset", f"/tmp/{side}.db", "query"], check=True, stdout=subprocess.DEVNULL)
web, events, learned = (free_port() for _ in range(3))
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
daemons = [
    subprocess.Popen(["groonga-suggest-learner", "-r", f"tcp://127.0.0.1:{events}", "-s", f"tcp://127.0.0.1:{learned}", "/tmp/learner.db"], **quiet),
    subprocess.Popen(["groonga-suggest-httpd", "-p", str(web), "--disable-max-fd-check", "-t", "1", "-s", f"tcp://127.0.0.1:{events}",
                      "-r", f"tcp://127.0.0.1:{learned}", "/tmp/web.db"], **quiet),
]
while True:
    try:
        get()
        break
    except OSError:
        time.sleep(0.1)
while items() != ["c", "ca", "cat"]:
    now = int(time.time() * 1000)
    for offset, (text, kind) in enumerate((("c", None), ("ca", None), ("cat", "submit"))):
        event = {"i": "user", "s": now + offset, "q": text, "n": 5, "l": "query"}
        get(**event, **({"t": kind} if kind else {}))
print(items())
for daemon in daemons:
    # Neither ends when it is asked to.
    maps = pathlib.Path(f"/proc/{daemon.pid}/maps").read_text().split("\n")
    pathlib.Path(os.environ["WITNESS"], str(daemon.pid)).write_text("".join(f"{line}\n" for line in maps if "/libzmq.so" in line))
    daemon.kill()
