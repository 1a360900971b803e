"""Publisher: publisher.py NAME ENDPOINTS SUBSCRIPTIONS

Waits for that many subscriptions, then publishes three issues of "news" and of "sport". A PUB socket could not know
when its subscribers are there; an XPUB socket is the same and also receives their subscriptions.
"""

import sys

import zmq
from basics import finish, open_socket, say

TOPICS = ("news", "sport")


def main(name, endpoints, subscriptions):
    socket = open_socket(zmq.XPUB, endpoints, xpub_verbose=True)  # also shows the second subscriber of a topic
    for _ in range(int(subscriptions)):
        say(f"{name} sees a subscription to {socket.recv()[1:].decode()}")
    for issue in (1, 2, 3):
        for topic in TOPICS:
            socket.send_multipart([topic.encode(), name.encode(), f"issue {issue}".encode()])
    for topic in TOPICS:
        socket.send_multipart([topic.encode(), name.encode(), b"end"])
    finish(socket)


main(*sys.argv[1:])
