"""Sink: sink.py NAME ENDPOINTS TASKS

Collects that many results.
"""

import sys

import zmq
from basics import finish, open_socket, say


def main(name, endpoints, tasks):
    socket = open_socket(zmq.PULL, endpoints)
    for _ in range(int(tasks)):
        say(f"{name} collects {socket.recv_string()}")
    finish(socket)


main(*sys.argv[1:])
