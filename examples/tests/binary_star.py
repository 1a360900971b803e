"""Binary Star: one of two serves, the other takes over in time, and never do both serve."""

import re
import time

from killer import Killer, Part
from stage import Failure
from work import ENDLESS, Client, Workers, recover

# What the README states: how long nobody is served when the active server dies or freezes.
FAILOVER_S = 4.0
RECOVERY_S = 2 * FAILOVER_S + 4

ACTIVE = re.compile(r"(\w+): is active at (\d+)")
SERVES = re.compile(r"(\w+): serves at (\d+)")


class Servers(Workers):
    """Both servers. Times are those of the machine's clock, which all processes share."""

    def __init__(self, stage):
        super().__init__(stage)
        self.active, self.serves = [], []

    def hear(self, line):
        super().hear(line)
        for pattern, events in ((ACTIVE, self.active), (SERVES, self.serves)):
            match = pattern.match(line)
            if match:
                events.append((int(match.group(2)), match.group(1)))

    def check_no_split(self):
        """Whoever serves after the other one did has become active after it: so there is never more than one."""
        self.serves.sort()
        last = None
        for moment, name in self.serves:
            if last and last[1] != name:
                began = max(at for at, who in self.active if who == name and at <= moment)
                if began < last[0]:
                    raise Failure(f"split brain: {name} serves at {moment}, active since {began}; {last[1]} served at {last[0]}")
                self.stage.counts["fail-overs"] += 1
            last = (moment, name)

    def start(self, name):
        other = {"primary": "backup", "backup": "primary"}[name]
        return self.stage.start(name, "binary-star/server", name, self.stage.endpoint(f"{name}-front"),
                                self.stage.endpoint(f"{name}-state"), self.stage.endpoint(f"{other}-state"), 5,
                                on_line=self.hear)


def star_client(stage, name):
    both = ",".join(stage.endpoint(f"{server}-front") for server in ("primary", "backup"))
    return Client(stage, name, "lazy-pirate/client", lambda first: [name, both, first, ENDLESS, 1000])


def both_up(stage, servers):
    primary, backup = servers.start("primary"), servers.start("backup")
    primary.await_line("primary: is active")
    backup.await_line(": is passive")
    return primary, backup


def test_killed(stage):
    servers, clients = Servers(stage), [star_client(stage, name) for name in ("ann", "bob")]
    pair = [Part(lambda name=name: servers.start(name)) for name in ("primary", "backup")]
    killers = [Killer(stage, pair, gap=(0.5, 2.0), away=(0.0, 2.5)),
               Killer(stage, [Part(client.start) for client in clients], gap=(0.2, 0.8))]
    stage.play_on(stage.seconds)
    for killer in killers:
        killer.stop()
    recover(stage, clients, RECOVERY_S)
    stage.end_all()
    servers.check(clients)
    servers.check_no_split()


def fail_over(stage, strike, clients):
    """The longest time that a client waits for an answer after the strike."""
    recover(stage, clients, RECOVERY_S, more=10)
    strike()
    began = time.monotonic()
    recover(stage, clients, FAILOVER_S, more=3)
    stage.counts["longest fail-over, ms"] = max(stage.counts["longest fail-over, ms"], int(1000 * (time.monotonic() - began)))


def test_fail_over_in_time(stage):
    """Killed, started again, frozen, thawed, from both sides."""
    servers, clients = Servers(stage), [star_client(stage, name) for name in ("ann", "bob")]
    primary, backup = both_up(stage, servers)
    for client in clients:
        client.start()
    fail_over(stage, primary.kill, clients)
    if not backup.said("backup: is active"):
        raise Failure("the backup is not active")
    primary = servers.start("primary")
    primary.await_line(": is passive")
    fail_over(stage, backup.freeze, clients)
    backup.thaw()
    backup.await_line("it slept")
    stage.until(lambda: ": is passive" in backup.lines[-1], "the thawed backup to be passive")
    fail_over(stage, primary.kill, clients)
    servers.start("primary").await_line(": is passive")
    stage.end_all()
    servers.check(clients)
    servers.check_no_split()


def test_backup_alone(stage):
    """A backup that has never met its primary does not serve, whoever asks."""
    servers = Servers(stage)
    backup = servers.start("backup")
    stage.start("ann", "lazy-pirate/client", "ann", stage.endpoint("backup-front"), 1, 1, 8).wait_end((1,))
    if backup.said("backup: is active"):
        raise Failure("it serves")
    primary = servers.start("primary")
    primary.await_line("primary: is active")
    stage.start("bob", "lazy-pirate/client", "bob", stage.endpoint("primary-front"), 1, 1).wait_end()
    # A primary, alone, serves when it has waited for its backup.
    primary.kill()
    backup.kill()
    servers.start("primary")
    stage.start("cid", "lazy-pirate/client", "cid", stage.endpoint("primary-front"), 1, 1, 20).wait_end()
