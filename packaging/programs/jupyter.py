"""A Jupyter kernel (ipykernel) that jupyter_client starts and talks to, over tcp and ipc.

packages: python3-ipykernel python3-jupyter-client
run: python3 jupyter.py python3
quick: yes
"""

import subprocess
import sys

from jupyter_client.manager import KernelManager


# A kernel may not end in an orderly way: it is its own witness.
WITNESS = """
import os
maps = [line for line in open('/proc/self/maps') if '/libzmq.so' in line]
open(os.environ['WITNESS'] + '/kernel', 'a').writelines(maps)
print(len(maps) > 0)
"""


def run(client, code):
    # After an error a kernel may refuse what comes next, depending on how soon that comes.
    reply = client.execute_interactive(code, timeout=60, output_hook=show, stop_on_error=False)
    print(reply["content"]["status"])


def show(message):
    if message["msg_type"] == "stream":
        print(message["content"]["text"], end="")
    elif message["msg_type"] == "execute_result":
        print(message["content"]["data"]["text/plain"])


def main(kernel):
    for transport in ("tcp", "ipc"):
        manager = KernelManager(kernel_name=kernel, transport=transport)
        # xpython ends from a signal handler while its threads still work, and may crash in that, on any library.
        manager.start_kernel(stderr=subprocess.DEVNULL)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        run(client, "6 * 7")
        run(client, "print('x' * 20)")
        run(client, "1 / 0" if kernel == "python3" else "None")
        run(client, WITNESS)
        print(client.is_complete("for i in range(3):") is not None)
        client.stop_channels()
        manager.shutdown_kernel()
        print("gone", manager.is_alive())


main(sys.argv[1])
