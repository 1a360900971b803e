"""Freelance: no broker; clients find a server that lives. All three models, everything dies but one server at a time."""

import time

from killer import Part, rage
from stage import Failure
from work import ENDLESS, Client, Workers, recover

NAMES = ("s1", "s2", "s3")
# With two of three servers dead: each may cost model one half a second; the others need less.
FAILOVER_S = 2.0


def server(stage, workers, name):
    return stage.start(name, "freelance/server", name, stage.endpoint(name), 5, on_line=workers.hear)


def freelance_client(stage, name, model):
    endpoints = ",".join(stage.endpoint(name) for name in NAMES)
    return Client(stage, name, f"freelance/client_{model}", lambda first: [name, endpoints, first, ENDLESS, 1000])


def kill(stage, model):
    workers, clients = Workers(stage), [freelance_client(stage, name, model) for name in ("ann", "bob")]
    parts = [Part(lambda name=name: server(stage, workers, name)) for name in NAMES]
    rage(stage, parts + [Part(client.start) for client in clients])
    recover(stage, clients, FAILOVER_S + 5)
    stage.end_all()
    workers.check(clients)


def test_failover_killed(stage):
    kill(stage, "failover")


def test_shotgun_killed(stage):
    kill(stage, "shotgun")


def test_agent_killed(stage):
    kill(stage, "agent")


def in_time(stage, model):
    """Two of three servers go, one killed and one frozen; the answers go on in the stated time."""
    workers, client = Workers(stage), freelance_client(stage, "ann", model)
    s1, s2, _ = [server(stage, workers, name) for name in NAMES]
    client.start()
    for strike in (s1.freeze, s2.kill):
        recover(stage, [client], 10, more=10)
        strike()
        began = time.monotonic()
        recover(stage, [client], FAILOVER_S, more=3)
        stage.counts["longest, ms"] = max(stage.counts["longest, ms"], int(1000 * (time.monotonic() - began)))


def test_failover_in_time(stage):
    in_time(stage, "failover")


def test_shotgun_in_time(stage):
    in_time(stage, "shotgun")


def test_agent_in_time(stage):
    in_time(stage, "agent")


def test_gives_up(stage):
    """Without any server all three say so, and end."""
    endpoints = ",".join(stage.endpoint(name) for name in NAMES)
    clients = [stage.start(model, f"freelance/client_{model}", "ann", endpoints, 1, 1, 3)
               for model in ("failover", "shotgun", "agent")]
    for client in clients:
        client.ending = True
    for client in clients:
        client.wait_end((1,))
        if not client.said("gives up"):
            raise Failure(f"{client.name}: {client.lines}")
    workers = Workers(stage)
    server(stage, workers, "s1")
    for client in clients:
        stage.start(client.name, f"freelance/client_{client.name}", "bob", endpoints, 1, 3, 20).wait_end()
