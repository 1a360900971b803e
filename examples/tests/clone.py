"""Clone: all copies of the map become the same, and nothing that was confirmed is missing."""

import re

from killer import Killer, Part
from stage import Failure
from work import ENDLESS

CHANGE = re.compile(r"(\w+): (/\S+) (?:is (\d+)|is (gone))$")
CONFIRMED = re.compile(r"(\w+): (/\S+) is confirmed$")
# What the README states: from the death of the active server to updates that go on.
FAILOVER_S = 5.0
RECOVERY_S = 2 * FAILOVER_S + 5


def servers_of(stage):
    return ",".join(stage.endpoint(name) for name in ("primary", "backup"))


def server(stage, name):
    other = {"primary": "backup", "backup": "primary"}[name]
    return stage.start(name, "clone/server", name, stage.endpoint(name), stage.endpoint(other))


class Setter:
    """Sets numbers; when started again it goes on behind the last confirmed one."""

    def __init__(self, stage, name):
        self.stage, self.name, self.confirmed, self.last = stage, name, set(), 0

    def start(self):
        return self.stage.start(self.name, "clone/client", self.name, servers_of(self.stage), f"/{self.name}/", "set",
                                self.last + 1, ENDLESS, 20, on_line=self.hear)

    def hear(self, line):
        match = CONFIRMED.match(line)
        if match:
            self.confirmed.add(match.group(2))
            self.last = max(self.last, int(match.group(2).rsplit("/", 1)[1]))
            self.stage.counts["confirmed"] += 1


class Watcher:
    """A copy of the map, as a client has it."""

    def __init__(self, stage, name, subtree=""):
        self.stage, self.name, self.subtree, self.map = stage, name, subtree, {}

    def start(self):
        self.map = {}
        return self.stage.start(self.name, "clone/client", self.name, servers_of(self.stage), self.subtree, "watch",
                                on_line=self.hear)

    def hear(self, line):
        match = CHANGE.match(line)
        if match:
            _, key, value, gone = match.groups()
            if gone:
                self.map.pop(key, None)
            else:
                self.map[key] = int(value)

    def has(self, setters):
        """Everything that was confirmed (or set, and of the subtree) is here, and right."""
        wanted = {key for s in setters for key in s.confirmed if key.startswith(self.subtree)}
        return wanted <= self.map.keys() and all(int(key.rsplit("/", 1)[1]) ** 2 == value for key, value in self.map.items())


def settled(actor, since):
    """The server has its part again: it serves, or follows the one that does."""
    return any(f"{actor.name}: is {part}" in line for part in ("active", "in sync") for line in actor.lines[since:])


def test_killed(stage):
    """One server at a time, and every client at any time."""
    setters = [Setter(stage, name) for name in ("ann", "bob")]
    watchers = [Watcher(stage, "eve"), Watcher(stage, "fay", "/ann/")]
    pair = [Part(lambda name=name: server(stage, name), settled=settled) for name in ("primary", "backup")]
    stage.until(lambda: all(part.back() for part in pair), "both servers")
    clients = [Part(client.start) for client in setters + watchers]
    # Away for long enough that a frozen server knows that it slept, and says so.
    killers = [Killer(stage, pair, gap=(0.2, 0.7), away=(0.7, 2.0), most=1), Killer(stage, clients, gap=(0.2, 0.8))]
    stage.play_on(stage.seconds)
    for killer in killers:
        killer.stop()
    before = {s.name: len(s.confirmed) for s in setters}
    stage.until(lambda: all(len(s.confirmed) > before[s.name] + 5 for s in setters), "updates to go on", RECOVERY_S)
    for part in clients[:2]:
        part.actor.end()
    stage.until(lambda: all(w.has(setters) for w in watchers), "every copy to have what was confirmed", RECOVERY_S)
    ann_of_eve = {key: value for key, value in watchers[0].map.items() if key.startswith("/ann/")}
    if ann_of_eve != watchers[1].map:
        raise Failure("the copies differ")


def test_fail_over_in_time(stage):
    primary, backup = server(stage, "primary"), server(stage, "backup")
    stage.until(lambda: settled(primary, 0) and settled(backup, 0), "both servers")
    setter, watcher = Setter(stage, "ann"), Watcher(stage, "eve")
    setter.start()
    watcher.start()
    stage.until(lambda: len(setter.confirmed) > 20, "twenty updates")
    primary.kill()
    before = len(setter.confirmed)
    stage.until(lambda: len(setter.confirmed) > before + 10, "updates to go on", FAILOVER_S)
    # The primary comes back and follows; then it takes over in its turn.
    primary = server(stage, "primary")
    primary.await_line("is in sync")
    backup.freeze()
    before = len(setter.confirmed)
    stage.until(lambda: len(setter.confirmed) > before + 10, "updates to go on", FAILOVER_S)
    backup.thaw()
    stage.until(lambda: "is in sync" in backup.lines[-1], "the thawed backup to follow")
    stage.until(lambda: watcher.has([setter]), "the watcher to have all")


def test_time_to_live(stage):
    """A value whose holder dies is gone everywhere, also when its server dies meanwhile."""
    primary, backup = server(stage, "primary"), server(stage, "backup")
    stage.until(lambda: settled(primary, 0) and settled(backup, 0), "both servers")
    watcher = Watcher(stage, "eve")
    eve = watcher.start()
    holder = stage.start("ann", "clone/client", "ann", servers_of(stage), "/", "hold", "/lock", "1", "1")
    holder.await_line("is confirmed")
    eve.await_line("/lock is 1")
    holder.kill()
    primary.kill()
    eve.await_line("/lock is gone", 1 + FAILOVER_S)
