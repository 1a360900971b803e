"""Worker: worker.py NAME VENTILATOR_SIDE SINK_SIDE

Squares what the ventilator sends, for the sink, until it is killed.
"""

import sys

import zmq
from basics import open_socket, say


def main(name, ventilator_side, sink_side):
    results = open_socket(zmq.PUSH, sink_side)
    tasks = open_socket(zmq.PULL, ventilator_side, rcvtimeo=-1)
    while True:
        task = int(tasks.recv_string())
        say(f"{name} squares {task}")
        results.send_string(f"{task} * {task} = {task * task}")


main(*sys.argv[1:])
