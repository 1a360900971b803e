"""Titanic: what was stored is done, whatever dies."""

import re
import sqlite3

import majordomo
from killer import Part, rage
from stage import Failure
from work import ANSWER, ENDLESS, Workers

STORED = re.compile(r"\w+: (\d+) is stored as ([0-9a-f]{32})$")


class Submitter:
    """A client that stores numbered requests; it goes on where the last receipt was."""

    def __init__(self, stage, name):
        self.stage, self.name, self.receipts = stage, name, {}

    def start(self):
        first = max(self.receipts.values(), default=0) + 1
        return self.stage.start(self.name, "titanic/client", self.name, self.stage.endpoint("broker"), "submit", first,
                                ENDLESS, 20, on_line=self.hear)

    def hear(self, line):
        match = STORED.match(line)
        if match:
            self.receipts[match.group(2)] = int(match.group(1))
            self.stage.counts["stored"] += 1


def titanic(stage):
    return stage.start("titanic", "titanic/titanic", stage.endpoint("broker"), stage.scratch / "titanic.db")


def collect(stage, submitter):
    """Fetches and closes every request that there is a receipt for; each has to have the right reply."""
    words = [str(word) for uuid, n in submitter.receipts.items() for word in (n, uuid)]
    client = stage.start(submitter.name, "titanic/client", submitter.name, stage.endpoint("broker"), "collect", *words)
    client.wait_end()
    answers = [ANSWER.match(line) for line in client.lines if " squared is " in line]
    got = [(int(match.group(2)), int(match.group(3))) for match in answers]
    if got != [(n, n * n) for n in submitter.receipts.values()]:
        raise Failure(f"{submitter.name} got {got}")
    stage.counts["collected"] += len(got)


def code(stage, uuid):
    client = stage.start("eve", "titanic/client", "eve", stage.endpoint("broker"), "status", uuid)
    client.wait_end()
    return client.lines[-1].split()[-1]


def test_killed(stage):
    workers, submitters = Workers(stage), [Submitter(stage, name) for name in ("ann", "bob")]
    parts = [Part(lambda: majordomo.broker(stage)), Part(lambda: titanic(stage))]
    parts += [Part(lambda name=name: majordomo.worker(stage, workers, name)) for name in ("w1", "w2")]
    submitting = [Part(submitter.start) for submitter in submitters]
    rage(stage, parts + submitting)
    stage.until(lambda: all(s.receipts for s in submitters), "a receipt for each")
    for part in submitting:
        part.actor.end()
    for submitter in submitters:
        collect(stage, submitter)
        if code(stage, next(iter(submitter.receipts))) != "400":
            raise Failure("a closed request is still known")
        missing = [n for n in submitter.receipts.values() if (submitter.name, n) not in workers.done]
        if missing:
            raise Failure(f"nobody did {missing}")
    stage.end_all()
    check_store(stage, submitters)


def check_store(stage, submitters):
    """The database is sound, and what is left in it are requests whose receipts were lost on their way."""
    with sqlite3.connect(stage.scratch / "titanic.db") as db:
        if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise Failure("the database is damaged")
        left = {uuid for (uuid,) in db.execute("SELECT uuid FROM request")}
    stage.counts["stored without a receipt"] += len(left)
    if any(uuid in left for submitter in submitters for uuid in submitter.receipts):
        raise Failure("what was closed is still there")


def test_while_nobody_works(stage):
    """Client and worker need never be there at the same time, and Titanic may die in between."""
    workers, submitter = Workers(stage), Submitter(stage, "ann")
    the_broker, the_titanic = majordomo.broker(stage), titanic(stage)
    actor = submitter.start()
    stage.until(lambda: len(submitter.receipts) >= 10, "ten receipts")
    actor.end()
    uuid = next(iter(submitter.receipts))
    if code(stage, uuid) != "300" or code(stage, "0" * 32) != "400":
        raise Failure("neither pending nor unknown")
    the_titanic.kill()
    the_broker.kill()
    majordomo.broker(stage)
    titanic(stage)
    majordomo.worker(stage, workers, "w1")
    collect(stage, submitter)
