"""aiozmq: remote calls between event loops of asyncio.

packages: python3-aiozmq python3-msgpack
run: python3 aiozmq-rpc.py
"""

import asyncio

import aiozmq
import aiozmq.rpc


class Handler(aiozmq.rpc.AttrHandler):
    @aiozmq.rpc.method
    def add(self, a, b):
        return a + b


async def main():
    server = await aiozmq.rpc.serve_rpc(Handler(), bind="tcp://127.0.0.1:*")
    client = await aiozmq.rpc.connect_rpc(connect=list(server.transport.bindings())[0], timeout=60)
    print(await asyncio.gather(*(client.call.add(i, 1000) for i in range(20))))
    try:
        await client.call.nonsense()
    except aiozmq.rpc.NotFoundError as error:
        print(error)
    for side in client, server:
        side.close()
        await side.wait_closed()


asyncio.run(main())
