"""An eavesdropper: relay.py LISTEN CONNECT RECORD passes bytes on between two Unix sockets, and keeps what it saw."""

import selectors
import socket
import sys


def main(listen, connect, record):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(listen)
    listener.listen()
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    print("listens", flush=True)
    with open(record, "ab", buffering=0) as seen:
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    near, _ = listener.accept()
                    far = socket.socket(socket.AF_UNIX)
                    far.connect(connect)
                    selector.register(near, selectors.EVENT_READ, far)
                    selector.register(far, selectors.EVENT_READ, near)
                    continue
                data = key.fileobj.recv(1 << 16)
                seen.write(data)
                if data:
                    key.data.sendall(data)
                else:
                    for end in (key.fileobj, key.data):
                        selector.unregister(end)
                        end.close()
                    break


main(*sys.argv[1:])
