"""Server: server.py NAME ENDPOINTS

Replies to requests until it is killed.
"""

import sys

import zmq
from basics import open_socket, say


def main(name, endpoints):
    socket = open_socket(zmq.REP, endpoints, rcvtimeo=-1)
    while True:
        request = socket.recv_string()
        say(f"{name} serves {request}")
        socket.send_string(f"{request} world, says {name}")


main(*sys.argv[1:])
