"""Whatever strangers send to any socket of any server: it goes on, and serves those who talk sense."""

import binary_star
import clone
import freelance
import majordomo
import pirates
import secured
import titanic
from work import Workers

COUNT = 2000


def talk(stage, endpoint, kind="dealer"):
    """Nonsense, to its end; what was sent is read, or thrown away with the connection."""
    seed = stage.random.randrange(1 << 30)
    stage.start("noise", "tests/noise", kind, stage.endpoint(endpoint), seed, COUNT).wait_end()
    stage.counts["nonsense"] += COUNT


def serve(stage, program, *words):
    """Somebody who talks sense is served all the same."""
    stage.start("ann", program, "ann", *words).wait_end()
    stage.counts["served"] += 1


def test_pirates(stage):
    workers = Workers(stage)
    stage.start("server", "lazy-pirate/server", "server", stage.endpoint("lazy"), 0)
    talk(stage, "lazy")
    serve(stage, "lazy-pirate/client", stage.endpoint("lazy"), 1, 3, 100)
    for pattern in ("simple-pirate", "paranoid-pirate"):
        queue = pirates.queue(stage, pattern)
        (start,) = pirates.pirate_workers(stage, pattern, workers, ["w1"])
        worker = start()
        worker.await_line("is ready")
        talk(stage, "back")
        talk(stage, "front")
        serve(stage, "lazy-pirate/client", stage.endpoint("front"), 1, 3, 100)
        worker.end()
        queue.end()


def test_majordomo(stage):
    workers = Workers(stage)
    majordomo.broker(stage)
    majordomo.worker(stage, workers, "w1")
    titanic.titanic(stage).await_line("is ready")
    for _ in range(3):
        talk(stage, "broker")
    serve(stage, "majordomo/client", stage.endpoint("broker"), 1, 3, 100)
    submitter = titanic.Submitter(stage, "bob")
    actor = submitter.start()
    stage.until(lambda: len(submitter.receipts) > 3, "receipts")
    actor.end()
    titanic.collect(stage, submitter)


def test_servers(stage):
    workers, servers = Workers(stage), binary_star.Servers(stage)
    freelance.server(stage, workers, "s1")
    talk(stage, "s1")
    for model in ("failover", "shotgun", "agent"):
        serve(stage, f"freelance/client_{model}", stage.endpoint("s1"), 1, 3, 100)
    binary_star.both_up(stage, servers)
    talk(stage, "primary-front")
    serve(stage, "lazy-pirate/client", stage.endpoint("primary-front"), 1, 3, 100)


def test_clone(stage):
    primary, backup = clone.server(stage, "primary"), clone.server(stage, "backup")
    stage.until(lambda: clone.settled(primary, 0) and clone.settled(backup, 0), "both servers")
    talk(stage, "primary-0")
    talk(stage, "primary-2", "pub")
    setter, watcher = clone.Setter(stage, "ann"), clone.Watcher(stage, "eve", "/ann/")
    setter.start()
    watcher.start()
    stage.until(lambda: len(setter.confirmed) > 10 and watcher.has([setter]), "ten updates")


def test_secured(stage):
    workers = Workers(stage)
    _, ann = secured.make_keys(stage, "server", "ann")
    secured.allow(stage, ann=ann)
    secured.server(stage, workers)
    seed = stage.random.randrange(1 << 30)
    noise = stage.start("noise", "tests/noise", "dealer", stage.endpoint("front"), seed, COUNT)
    noise.ending = True
    stage.start("ann", "secured/client", *secured.client_words(stage, "ann", "ann", 1, 3, 20)).wait_end()
    noise.wait_end()
