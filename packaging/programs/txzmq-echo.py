"""txZMQ: ZeroMQ in the event loop of Twisted.

packages: python3-txzmq
run: python3 txzmq-echo.py
"""

from twisted.internet import reactor
from txzmq import ZmqEndpoint, ZmqEndpointType, ZmqFactory, ZmqREPConnection, ZmqREQConnection

factory = ZmqFactory()
factory.registerForShutdown()
server = ZmqREPConnection(factory, ZmqEndpoint(ZmqEndpointType.bind, "ipc:///tmp/txzmq"))
client = ZmqREQConnection(factory, ZmqEndpoint(ZmqEndpointType.connect, "ipc:///tmp/txzmq"))
server.gotMessage = lambda identity, *parts: server.reply(identity, b" ".join(parts).upper())


def ask(number):
    if number == 100:
        reactor.stop()
        return
    client.sendMsg(b"question", str(number).encode()).addCallback(answered, number)


def answered(reply, number):
    if number % 20 == 0:
        print(reply)
    ask(number + 1)


reactor.callWhenRunning(ask, 0)
reactor.run()
