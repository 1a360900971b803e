"""Forwarder: forwarder.py NAME PUBLISHER_SIDE SUBSCRIBER_SIDE CONTROL

XSUB towards the publishers, XPUB towards the subscribers, until "TERMINATE" comes over the control socket.
"""

import sys

import zmq
from basics import finish, open_socket, say


def main(name, publisher_side, subscriber_side, control_side):
    # When it is told to end, publishers and subscribers may be gone: then nothing waits for them (linger 0).
    xsub = open_socket(zmq.XSUB, publisher_side, linger=0)
    xpub = open_socket(zmq.XPUB, subscriber_side, linger=0, xpub_verbose=True)
    control = open_socket(zmq.PAIR, control_side)
    zmq.proxy_steerable(xsub, xpub, None, control)
    control.send_string("ended")
    say(f"{name} was told to end")
    finish(xsub, xpub, control)


main(*sys.argv[1:])
