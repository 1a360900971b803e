"""The Pirates: clients that retry, a queue that balances, heartbeats both ways."""

import time

from killer import Part, rage
from stage import Failure
from work import ENDLESS, Client, Workers, recover

# What the programs are written with: half a second for a request, one second of silence.
TIMEOUT_S, SILENCE_S = 0.5, 1.0
# After the last strike: a worker that pauses longest between two tries, then one more request. And a slow machine.
RECOVERY_S = 1.6 + SILENCE_S + 4 * TIMEOUT_S + 5
TRIES = 1000


def lazy_client(stage, name):
    return Client(stage, name, "lazy-pirate/client",
                  lambda first: [name, stage.endpoint("front"), first, ENDLESS, TRIES])


def finish(stage, clients, workers):
    recover(stage, clients, RECOVERY_S)
    stage.end_all()
    workers.check(clients)


def test_lazy_killed(stage):
    workers = Workers(stage)
    clients = [lazy_client(stage, name) for name in ("ann", "bob")]
    server = lambda: stage.start("server", "lazy-pirate/server", "server", stage.endpoint("front"), 5, on_line=workers.hear)
    rage(stage, [Part(server), *(Part(client.start) for client in clients)])
    finish(stage, clients, workers)


def test_lazy_trouble(stage):
    """The server gets into trouble by itself, and somebody starts it again."""
    workers, client, servers = Workers(stage), lazy_client(stage, "ann"), []

    def server():
        stage.counts["servers"] += 1
        actor = stage.start("server", "lazy-pirate/server", "server", stage.endpoint("front"), 2, 50,
                            stage.random.randrange(1000), on_line=workers.hear)
        actor.on_end = server
        servers.append(actor)

    server()
    asking = client.start()
    stage.play_on(stage.seconds)
    stage.until(lambda: client.answers > 100 and stage.counts["servers"] > 2, "a hundred answers and two crashes")
    asking.end()
    servers[-1].on_end = None
    servers[-1].end((0, -9))  # it may still crash about a request that nobody waits for
    workers.check([client])


def test_lazy_gives_up(stage):
    """Without a server: four tries, and an honest end. With one that comes late: the same client is served."""
    began = time.monotonic()
    client = stage.start("ann", "lazy-pirate/client", "ann", stage.endpoint("front"), 1, 3, 4)
    client.wait_end((1,))
    took = time.monotonic() - began
    if not client.said("gives up") or not 4 * TIMEOUT_S <= took <= 4 * TIMEOUT_S + 5:
        raise Failure(f"gave up after {took:.1f} s: {client.lines}")
    late = stage.start("bob", "lazy-pirate/client", "bob", stage.endpoint("front"), 1, 3, TRIES)
    stage.play_on(TIMEOUT_S * 2)
    stage.start("server", "lazy-pirate/server", "server", stage.endpoint("front"), 1)
    late.wait_end()
    if not late.said("3 squared is 9"):
        raise Failure(f"not served: {late.lines}")


def pirate_workers(stage, pattern, workers, names=("w1", "w2", "w3")):
    def starter(name):
        return lambda: stage.start(name, f"{pattern}/worker", name, stage.endpoint("back"), 5, on_line=workers.hear)
    return [starter(name) for name in names]


def queue(stage, pattern):
    return stage.start("queue", f"{pattern}/queue", stage.endpoint("front"), stage.endpoint("back"))


def test_simple_killed(stage):
    """Workers and clients die; the queue must not."""
    workers, clients = Workers(stage), [lazy_client(stage, name) for name in ("ann", "bob")]
    queue(stage, "simple-pirate")
    rage(stage, [Part(start) for start in pirate_workers(stage, "simple-pirate", workers)] +
         [Part(client.start) for client in clients])
    finish(stage, clients, workers)


def test_simple_queue_dies(stage):
    """What the pattern does not promise: with the queue its knowledge of workers is gone, until they are started again."""
    workers = Workers(stage)
    first_queue = queue(stage, "simple-pirate")
    (start_worker,) = pirate_workers(stage, "simple-pirate", workers, ["w1"])
    worker, front = start_worker(), stage.endpoint("front")
    stage.start("ann", "lazy-pirate/client", "ann", front, 1, 2, TRIES).wait_end()
    first_queue.kill()
    queue(stage, "simple-pirate")
    stage.start("bob", "lazy-pirate/client", "bob", front, 1, 2, 4).wait_end((1,))
    worker.end()
    start_worker()
    stage.start("cid", "lazy-pirate/client", "cid", front, 1, 2, TRIES).wait_end()


def test_paranoid_killed(stage):
    """Everything dies."""
    workers, clients = Workers(stage), [lazy_client(stage, name) for name in ("ann", "bob")]
    parts = [Part(lambda: queue(stage, "paranoid-pirate"))]
    parts += [Part(start) for start in pirate_workers(stage, "paranoid-pirate", workers)]
    rage(stage, parts + [Part(client.start) for client in clients])
    finish(stage, clients, workers)


def test_paranoid_silence(stage):
    """A worker finds out that the queue is frozen, and comes back to it; a frozen worker gets no more work."""
    workers = Workers(stage)
    the_queue = queue(stage, "paranoid-pirate")
    starts = pirate_workers(stage, "paranoid-pirate", workers, ["w1", "w2"])
    w1, w2 = [start() for start in starts]
    client = lazy_client(stage, "ann")
    client.start()
    stage.until(lambda: w1.said("squares") and w2.said("squares"), "work for both")
    the_queue.freeze()
    began = time.monotonic()
    stage.until(lambda: w1.said("is silent") and w2.said("is silent"), "both to notice", SILENCE_S + 5)
    if time.monotonic() - began < SILENCE_S / 2:
        raise Failure("noticed before the time")
    the_queue.thaw()
    recover(stage, [client], RECOVERY_S)
    w2.freeze()
    stage.play_on(SILENCE_S + TIMEOUT_S)
    stalls = client.answers
    began = time.monotonic()
    stage.until(lambda: client.answers > stalls + 20, "twenty answers without the frozen worker")
    if time.monotonic() - began > TIMEOUT_S:
        raise Failure("the frozen worker still gets work")
    w2.thaw()
