"""Client: client.py NAME ENDPOINTS REQUESTS

Sends requests one after the other. Connected to several servers it asks them in turn.
"""

import sys

import zmq
from basics import finish, open_socket, say


def main(name, endpoints, requests):
    socket = open_socket(zmq.REQ, endpoints)
    for n in range(1, int(requests) + 1):
        socket.send_string(f"{name} {n}: hello")
        say(f"{name} hears {socket.recv_string()}")
    finish(socket)


main(*sys.argv[1:])
