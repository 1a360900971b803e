"""Numbered work: what clients say they got, and what workers say they did. Checked line by line, as it is said."""

import re

from stage import Failure

ANSWER = re.compile(r"(\w+): (\d+) squared is (\d+), says (\S+)$")
DEED = re.compile(r"(\w+): squares (\d+) for (\w+)$")
ENDLESS = 10**9


class Client:
    """A client that asks for the numbers 1, 2, 3, ... When it is started again it goes on where its last answer was."""

    def __init__(self, stage, name, program, arguments):
        self.stage, self.name, self.program, self.arguments, self.answers = stage, name, program, arguments, 0

    def start(self):
        return self.stage.start(self.name, self.program, *self.arguments(self.answers + 1), on_line=self.hear)

    def hear(self, line):
        match = ANSWER.match(line)
        if match:
            _, n, square, _ = match.groups()
            if int(n) != self.answers + 1:
                raise Failure(f"{self.name}: after {self.answers} came {n}")
            if int(square) != int(n) ** 2:
                raise Failure(f"{self.name}: a wrong answer: {line}")
            self.answers += 1
            self.stage.counts["answers"] += 1


class Workers:
    """What all workers together did: nothing may be answered that was not done."""

    def __init__(self, stage):
        self.stage, self.done = stage, {}

    def hear(self, line):
        match = DEED.match(line)
        if match:
            _, n, client = match.groups()
            key = (client, int(n))
            self.done[key] = self.done.get(key, 0) + 1
            self.stage.counts["done again"] += self.done[key] > 1

    def check(self, clients):
        """Every answer was worked for. (A line of a worker that was killed at once may be missing from its pipe: never.)"""
        for client in clients:
            missing = [n for n in range(1, client.answers + 1) if (client.name, n) not in self.done]
            if missing:
                raise Failure(f"{client.name} has answers to {missing[:5]}, which nobody worked for")


def recover(stage, clients, seconds, more=5):
    """After the last strike: every client gets answers again, within this time."""
    wanted = [client.answers + more for client in clients]
    stage.until(lambda: all(c.answers >= w for c, w in zip(clients, wanted)), "all clients to be served again", seconds)
