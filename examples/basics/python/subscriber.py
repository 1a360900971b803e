"""Subscriber: subscriber.py NAME ENDPOINTS TOPIC PUBLISHERS

Prints everything about the topic, until that many publishers have said "end".
"""

import sys

import zmq
from basics import finish, open_socket, say


def main(name, endpoints, topic, publishers):
    socket = open_socket(zmq.SUB, endpoints, subscribe=topic)
    ended = 0
    while ended < int(publishers):
        topic, publisher, text = (part.decode() for part in socket.recv_multipart())
        ended += text == "end"
        say(f"{name} reads {topic} from {publisher}: {text}")
    finish(socket)


main(*sys.argv[1:])
