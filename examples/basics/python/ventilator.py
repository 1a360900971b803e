"""Ventilator: ventilator.py NAME ENDPOINTS TASKS

Hands out the tasks 1, 2, 3, ... to the workers in turn.
"""

import sys

import zmq
from basics import finish, open_socket, say


def main(name, endpoints, tasks):
    socket = open_socket(zmq.PUSH, endpoints)
    for n in range(1, int(tasks) + 1):
        socket.send_string(str(n))
    say(f"{name} handed out {tasks} tasks")
    finish(socket)


main(*sys.argv[1:])
