"""The scenes of examples/basics, for its C and its Python programs: who is started, with which words.

What one process prints is sorted by what comes before the colon, because messages of several peers arrive in any
order; the order of what one peer sent is kept.
"""

# A scene is a list of processes: name, program, arguments. "@{any}" binds a wildcard endpoint of the transport;
# "{x.0}" is the first endpoint that process x has bound. Processes of one name are interchangeable.
# A name with "&" runs until all others have ended, a name with "!" starts then.
SCENES = {
    "publish and subscribe 1-1": [
        ("paper", "publisher", "@{any} 1"),
        ("ann", "subscriber", ">{paper.0} news 1"),
    ],
    "publish and subscribe 1-N": [
        ("paper", "publisher", "@{any} 3"),
        ("ann", "subscriber", ">{paper.0} news 1"),
        ("bob", "subscriber", ">{paper.0} sport 1"),
        ("cid", "subscriber", ">{paper.0} news 1"),
    ],
    "publish and subscribe N-M": [
        ("paper", "publisher", "@{any} 3"),
        ("radio", "publisher", "@{any} 3"),
        ("ann", "subscriber", ">{paper.0},>{radio.0} news 2"),
        ("bob", "subscriber", ">{paper.0},>{radio.0} sport 2"),
        ("cid", "subscriber", ">{paper.0},>{radio.0} news 2"),
    ],
    "publish and subscribe through an XSUB/XPUB forwarder": [
        ("forwarder&", "forwarder", "@{any} @{any} @{any}"),
        ("paper", "publisher", ">{forwarder.0} 2"),
        ("radio", "publisher", ">{forwarder.0} 2"),
        ("ann", "subscriber", ">{forwarder.1} news 2"),
        ("bob", "subscriber", ">{forwarder.1} sport 2"),
        ("stop!", "terminate", ">{forwarder.2}"),
    ],
    "request and reply 1-1": [
        ("shop&", "server", "@{any}"),
        ("ann", "client", ">{shop.0} 4"),
    ],
    "request and reply 1-N": [
        ("shop&", "server", "@{any}"),
        ("mall&", "server", "@{any}"),
        ("ann", "client", ">{shop.0},>{mall.0} 4"),
    ],
    "request and reply N-M": [
        ("shop&", "server", "@{any}"),
        ("mall&", "server", "@{any}"),
        ("ann", "client", ">{shop.0},>{mall.0} 4"),
        ("bob", "client", ">{mall.0},>{shop.0} 4"),
        ("cid", "client", ">{shop.0},>{mall.0} 4"),
    ],
    "request and reply through a ROUTER/DEALER queue": [
        ("queue&", "queue_device", "@{any} @{any}"),
        ("shop&", "server", ">{queue.1}"),
        ("shop&", "server", ">{queue.1}"),
        ("ann", "client", ">{queue.0} 3"),
        ("bob", "client", ">{queue.0} 3"),
    ],
    "pipeline: ventilator, workers, sink": [
        ("sink", "sink", "@{any} 9"),
        ("ventilator", "ventilator", "@{any} 9"),
        ("worker&", "worker", ">{ventilator.0} >{sink.0}"),
        ("worker&", "worker", ">{ventilator.0} >{sink.0}"),
        ("worker&", "worker", ">{ventilator.0} >{sink.0}"),
    ],
    "pipeline whose workers are bound, each gets every third task": [
        ("sink", "sink", "@{any} 9"),
        ("w1&", "worker", "@{any} >{sink.0}"),
        ("w2&", "worker", "@{any} >{sink.0}"),
        ("w3&", "worker", "@{any} >{sink.0}"),
        ("ventilator", "ventilator", ">{w1.0},>{w2.0},>{w3.0} 9"),
    ],
}

# What exists in Python only.
PYTHON_SCENES = {
    "asyncio echo, DEALER and ROUTER": [
        ("server&", "echo_server_async", "@{any}"),
        ("ann", "echo_client_async", ">{server.0} 4"),
        ("bob", "echo_client_async", ">{server.0} 4"),
    ],
}

WILDCARDS = {"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://*"}


def transcript(printed):
    """The lines of a scene in a fixed order, from (process, its lines) in the order of their start."""
    names = list(dict.fromkeys(name for name, _ in printed))
    return [line for wanted in names
            for line in sorted((l for name, lines in printed if name == wanted for l in lines),
                               key=lambda l: l.partition(":")[0])]
