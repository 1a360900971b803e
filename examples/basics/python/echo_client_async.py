"""Echo client on asyncio: echo_client_async.py NAME ENDPOINTS COUNT

Sends from one task and receives in another, over one DEALER socket.
"""

import asyncio
import sys

import zmq
import zmq.asyncio
from basics import finish, open_socket, say


async def send(name, socket, count):
    for n in range(1, count + 1):
        await socket.send_string(f"{name} {n}")


async def receive(name, socket, count):
    for _ in range(count):
        say(f"{name} hears {await socket.recv_string()}")


async def main(name, endpoints, count):
    socket = open_socket(zmq.DEALER, endpoints, zmq.asyncio.Context.instance())
    await asyncio.gather(send(name, socket, int(count)), receive(name, socket, int(count)))
    finish(socket)


asyncio.run(main(*sys.argv[1:]))
