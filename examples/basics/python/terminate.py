"""Ends the forwarder: terminate.py NAME CONTROL"""

import sys

import zmq
from basics import finish, open_socket, say


def main(name, endpoint):
    socket = open_socket(zmq.PAIR, endpoint)
    socket.send_string("TERMINATE")
    while socket.recv_string() != "ended":  # some versions of the proxy acknowledge a command with an empty message
        pass
    say(f"{name} has seen it end")
    finish(socket)


main(*sys.argv[1:])
