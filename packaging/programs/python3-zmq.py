"""Debian's python3-zmq: request and reply, publish and subscribe, CURVE, and asyncio.

packages: python3-zmq
run: python3 python3-zmq.py
quick: yes
"""

import asyncio
import threading

import zmq
import zmq.asyncio
from zmq.auth.thread import ThreadAuthenticator


def server(context, socket):
    for _ in range(3):
        socket.send_multipart([part.upper() for part in socket.recv_multipart()])
    socket.close()


def main():
    context = zmq.Context()
    rep = context.socket(zmq.REP)
    port = rep.bind_to_random_port("tcp://127.0.0.1")
    thread = threading.Thread(target=server, args=(context, rep))
    thread.start()
    req = context.socket(zmq.REQ)
    req.connect(f"tcp://127.0.0.1:{port}")
    for text in (b"one", b"two", b"three"):
        req.send_multipart([text, text * 1000])
        first, second = req.recv_multipart()
        print(first.decode(), len(second), second == first * 1000)
    thread.join()

    xpub, sub = context.socket(zmq.XPUB), context.socket(zmq.SUB)
    port = xpub.bind_to_random_port("tcp://127.0.0.1")
    sub.connect(f"tcp://127.0.0.1:{port}")
    sub.setsockopt_string(zmq.SUBSCRIBE, "news")
    print(xpub.recv())
    for topic in ("sport", "news"):
        xpub.send_string(f"{topic} today")
    print(sub.recv_string(), sub.poll(0))

    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    authenticator.configure_curve(domain="*", location=zmq.auth.CURVE_ALLOW_ANY)
    pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    public, secret = zmq.curve_keypair()
    pull.curve_server, pull.curve_secretkey = True, secret
    port = pull.bind_to_random_port("tcp://127.0.0.1")
    push.curve_serverkey = public
    push.curve_publickey, push.curve_secretkey = zmq.curve_keypair()
    push.connect(f"tcp://127.0.0.1:{port}")
    push.send(b"sealed")
    print(pull.recv().decode())
    authenticator.stop()
    context.destroy()
    asyncio.run(coroutines())


async def coroutines():
    context = zmq.asyncio.Context()
    router, dealer = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    dealer.setsockopt(zmq.IDENTITY, b"ann")
    dealer.connect(f"tcp://127.0.0.1:{port}")
    await dealer.send(b"hello")
    name, text = await router.recv_multipart()
    await router.send_multipart([name, text + b" back"])
    print(name, await dealer.recv())
    context.destroy()


main()
