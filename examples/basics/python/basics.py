"""What the programs of this directory share: how an endpoint on the command line is written.

`@tcp://127.0.0.1:*` binds and `>tcp://127.0.0.1:5555` connects; several are separated by commas. Any role may do
either: who binds is a question of who is easy to find, not of the pattern.
"""

import sys

import zmq

# Nothing here waits for ever, should a partner be missing.
PATIENCE_MS = 10_000


def say(text):
    """Prints a line at once, also into a pipe."""
    print(text, flush=True)


def attach(socket, endpoints):
    """Binds or connects; prints where a wildcard was bound, so that others can be told."""
    for endpoint in endpoints.split(","):
        if endpoint.startswith("@"):
            socket.bind(endpoint[1:])
            say("bound " + socket.last_endpoint.decode().rstrip("\0"))
        elif endpoint.startswith(">"):
            socket.connect(endpoint[1:])
        else:
            sys.exit(f"{endpoint}: write @ENDPOINT to bind or >ENDPOINT to connect")


def open_socket(kind, endpoints, context=None, **options):
    """A socket of that kind with these options set, bound or connected."""
    socket = (context or zmq.Context.instance()).socket(kind)
    for name, value in {"rcvtimeo": PATIENCE_MS, "sndtimeo": PATIENCE_MS, **options}.items():
        setattr(socket, name, value)
    attach(socket, endpoints)
    return socket


def finish(*sockets):
    """Closes and ends the context, which waits until what was sent is on its way. Leaving without it may lose messages."""
    for socket in sockets:
        socket.close()
    sockets[0].context.term()
