"""Majordomo: services, discovery, and every part dies."""

import time

from killer import Part, rage
from stage import PATIENCE_S, Failure
from work import ENDLESS, Client, Workers, recover

# After the last strike: a worker that pauses longest, one that is believed to work, one more request; and a slow machine.
RECOVERY_S = 1.6 + 1.0 + 3.0 + 0.5 + 5


def broker(stage):
    return stage.start("broker", "majordomo/broker", stage.endpoint("broker"))


def worker(stage, workers, name, service="square"):
    return stage.start(name, "majordomo/worker", name, stage.endpoint("broker"), service, 5, on_line=workers.hear)


def mdp_client(stage, name):
    return Client(stage, name, "majordomo/client", lambda first: [name, stage.endpoint("broker"), first, ENDLESS, 1000])


def test_killed(stage):
    workers, clients = Workers(stage), [mdp_client(stage, name) for name in ("ann", "bob")]
    parts = [Part(lambda: broker(stage))]
    parts += [Part(lambda name=name: worker(stage, workers, name)) for name in ("w1", "w2", "w3")]
    rage(stage, parts + [Part(client.start) for client in clients])
    recover(stage, clients, RECOVERY_S)
    stage.end_all()
    workers.check(clients)


def ask(stage, *question):
    lookup = stage.start("lookup", "majordomo/lookup", stage.endpoint("broker"), *question)
    lookup.wait_end()
    return lookup.lines[-1]


def expect(stage, answer, *question):
    if ask(stage, *question) != answer:
        raise Failure(f"mmi {question} is not {answer}")


def ask_until(stage, answer, *question):
    """Asks again and again; each question is a process of its own, so this is no busy loop."""
    limit = time.monotonic() + PATIENCE_S
    while ask(stage, *question) != answer:
        if time.monotonic() > limit:
            raise Failure(f"mmi {question} does not become {answer}")


def test_discovery(stage):
    workers = Workers(stage)
    broker(stage)
    expect(stage, "404", "square")
    w1 = worker(stage, workers, "w1")
    w2 = worker(stage, workers, "w2", "cube")
    ask_until(stage, "200", "square")
    ask_until(stage, "200", "cube")
    expect(stage, "501", "square", "mmi.weather")
    w1.end()  # says good-bye
    expect(stage, "404", "square")
    w2.kill()  # does not
    ask_until(stage, "404", "cube")
    # A service of the broker's own name space is refused; the worker tries for ever, and nobody is asked.
    worker(stage, workers, "w3", "mmi.weather")
    expect(stage, "501", "square", "mmi.weather")


def test_request_moves_on(stage):
    """What a dead worker had is done by another one, without the client's help: it asks once, and waits."""
    workers = Workers(stage)
    broker(stage)
    slow = stage.start("slow", "majordomo/worker", "slow", stage.endpoint("broker"), "square", 60000, on_line=workers.hear)
    ask_until(stage, "200", "square")
    lazy = stage.start("ann", "majordomo/client", "ann", stage.endpoint("broker"), 1, 1, 1000)
    slow.await_line("squares 1")
    lazy.freeze()  # it cannot ask again
    worker(stage, workers, "w2")
    slow.kill()
    stage.until(lambda: workers.done.get(("ann", 1), 0) >= 2, "another worker to do it")
    lazy.thaw()
    lazy.wait_end()
