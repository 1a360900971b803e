"""Queue: queue_device.py NAME CLIENT_SIDE SERVER_SIDE

ROUTER towards the clients, DEALER towards the servers, until it is killed: any client may get any server.
"""

import sys

import zmq
from basics import open_socket


def main(_name, client_side, server_side):
    zmq.proxy(open_socket(zmq.ROUTER, client_side), open_socket(zmq.DEALER, server_side))


main(*sys.argv[1:])
