"""ipyparallel: a controller, two engines and a client that gives them work, over ZeroMQ.

packages: python3-ipyparallel
run: mkdir /tmp/ipython && python3 ipyparallel-cluster.py
"""

import subprocess
import sys
import time

import ipyparallel

quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
common = ["--ipython-dir=/tmp/ipython"]
controller = subprocess.Popen([sys.executable, "-m", "ipyparallel.controller", "--ip=127.0.0.1", *common], **quiet)
connection = "/tmp/ipython/profile_default/security/ipcontroller-client.json"
while True:
    try:
        client = ipyparallel.Client(connection, timeout=60)
        break
    except OSError:
        time.sleep(0.2)
engines = [subprocess.Popen([sys.executable, "-m", "ipyparallel.engine", *common], **quiet) for _ in range(2)]
while len(client.ids) < 2:
    time.sleep(0.1)
print(client[:].map_sync(lambda x: x * x, range(10)))
client.shutdown(hub=True, block=True)
for process in [*engines, controller]:
    process.wait(30)
print(len(engines))
