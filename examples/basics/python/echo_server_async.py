"""Echo server on asyncio: echo_server_async.py NAME ENDPOINTS

One ROUTER socket and a task for each request, until it is killed.
"""

import asyncio
import sys

import zmq
import zmq.asyncio
from basics import open_socket, say


async def echo(name, socket, client, text):
    await asyncio.sleep(0)
    say(f"{name} echoes {text.decode()}")
    await socket.send_multipart([client, text])


async def main(name, endpoints):
    socket = open_socket(zmq.ROUTER, endpoints, zmq.asyncio.Context.instance(), rcvtimeo=-1)
    running = set()
    while True:
        client, text = await socket.recv_multipart()
        task = asyncio.create_task(echo(name, socket, client, text))
        running.add(task)
        task.add_done_callback(running.discard)


asyncio.run(main(*sys.argv[1:]))
