"""monerod, which answers and publishes over ZeroMQ.

packages: monero python3-zmq
run: python3 monero.py
"""

import json
import subprocess

import zmq

context = zmq.Context()
ports = []
for _ in range(4):
    probe = context.socket(zmq.REP)
    ports.append(probe.bind_to_random_port("tcp://127.0.0.1"))
    probe.close()
daemon = subprocess.Popen(["monerod", "--offline", "--regtest", "--fixed-difficulty", "1", "--non-interactive", "--data-dir", "/tmp/monero",
                           "--no-igd", "--zmq-rpc-bind-port", str(ports[0]), "--zmq-pub", f"tcp://127.0.0.1:{ports[1]}",
                           "--rpc-bind-port", str(ports[2]), "--p2p-bind-port", str(ports[3]), "--log-level", "0"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
request = context.socket(zmq.REQ)
request.setsockopt(zmq.RCVTIMEO, 60000)
request.connect(f"tcp://127.0.0.1:{ports[0]}")


def ask(method, **parameters):
    request.send_string(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}))
    return json.loads(request.recv())


print(ask("get_height")["result"]["height"])
print(sorted(ask("get_info")["result"]["info"])[:5])
print(ask("nonsense")["error"]["message"])
daemon.terminate()
print(daemon.wait(60))
context.destroy()
