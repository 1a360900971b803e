"""Secured: who is allowed is served, whatever dies; nobody else is; and who listens in learns nothing."""

import sys

from killer import Part, rage
from stage import Failure
from work import ENDLESS, Client, Workers, recover

RECOVERY_S = 10


def make_keys(stage, *names):
    for name in names:
        stage.start("keygen", "secured/keygen", stage.scratch / name).wait_end()
    return [(stage.scratch / f"{name}.public").read_text().strip() for name in names]


def allow(stage, **keys):
    new = stage.scratch / "allowed.new"
    new.write_text("".join(f"{key} {name}\n" for name, key in keys.items()))
    new.rename(stage.scratch / "allowed")


def server(stage, workers, keys="server"):
    return stage.start("server", "secured/server", stage.endpoint("front"), stage.scratch / keys, stage.scratch / "allowed", 5,
                       on_line=workers.hear)


def client_words(stage, name, keys, first, last, tries, endpoint="front"):
    keys = "-" if keys is None else stage.scratch / keys
    return [name, stage.endpoint(endpoint), stage.scratch / "server.public", keys, first, last, tries]


def secured_client(stage, name):
    return Client(stage, name, "secured/client", lambda first: client_words(stage, name, name, first, ENDLESS, 1000))


def test_killed(stage):
    workers = Workers(stage)
    _, ann, bob = make_keys(stage, "server", "ann", "bob")
    allow(stage, ann=ann, bob=bob)
    clients = [secured_client(stage, name) for name in ("ann", "bob")]
    rage(stage, [Part(lambda: server(stage, workers)), *(Part(client.start) for client in clients)])
    recover(stage, clients, RECOVERY_S)
    stage.end_all()
    workers.check(clients)


def refused(stage, *words):
    """Neither of these is served, not even once."""
    client = stage.start(words[0], "secured/client", *client_words(stage, *words, 1, 1, 2))
    client.wait_end((1,))
    if client.said("squared"):
        raise Failure(f"{words} was served")
    return client


def test_strangers(stage):
    workers = Workers(stage)
    _, ann, bob, _, _ = make_keys(stage, "server", "ann", "bob", "eve", "false-server")
    allow(stage, ann=ann, bob=bob)
    the_server = server(stage, workers)
    stage.start("ann", "secured/client", *client_words(stage, "ann", "ann", 1, 3, 20)).wait_end()
    the_server.await_line("zap: lets ann in")
    refused(stage, "eve", "eve")   # an unknown key
    refused(stage, "eve", None)    # no security
    if not refused(stage, "ann", "bob").said("was told no"):  # a known key, and the name of another
        raise Failure("not told no")
    the_server.await_line("bob uses the name of another")
    allow(stage, ann=ann)          # from the next connection on
    refused(stage, "bob", "bob")
    the_server.end()
    server(stage, workers, "false-server")  # has the address, but not the key
    refused(stage, "ann", "ann")
    if any(key[0] == "eve" for key in workers.done):
        raise Failure("work was done for eve")


def test_listening_in(stage):
    """The same conversation, seen by a relay: in the open and encrypted."""
    workers = Workers(stage)
    _, ann = make_keys(stage, "server", "a-name-to-look-for")
    name = "a-name-to-look-for"
    allow(stage, **{name: ann})
    server(stage, workers)
    stage.start("open", "lazy-pirate/server", "open", stage.endpoint("open"), 1)
    seen = {}
    for target, program, words in (
            ("open", "lazy-pirate/client", [name, stage.endpoint("open-relay"), 1, 3, 20]),
            ("front", "secured/client", client_words(stage, name, name, 1, 3, 20, "front-relay"))):
        record = stage.scratch / f"{target}.bytes"
        paths = [stage.scratch / f"{target}-relay", stage.scratch / target, record]
        relay = stage.start_command("relay", [sys.executable, stage.examples / "tests/relay.py", *paths])
        relay.await_line("listens")
        stage.start(name, program, *words).wait_end()
        relay.kill()
        seen[target] = record.read_bytes()
    if name.encode() not in seen["open"]:
        raise Failure("the relay saw nothing in the open")
    if name.encode() in seen["front"] or len(seen["front"]) < 500:
        raise Failure("the relay could read what was encrypted")
