"""The rounds: every case on every candidate in turn, the order rotating, so that a slow minute hits all of them."""

import json
import pathlib
import sys
import time

from . import programs
from .candidates import HERE


class Run:
    """How to run: where the programs are, which libraries, how long, what all programs are told."""

    def __init__(self, folder, libraries, seconds, pinned, buffer, python):
        self.folder, self.libraries, self.seconds = folder, libraries, seconds
        self.pinned, self.buffer, self.python = pinned, buffer, python

    def candidates(self, case):
        """The yardstick, if the case has one, and every library: (name, program, library)."""
        raw = [("raw", case.raw, None)] if case.raw else []
        return raw + [(l.name, case.program, l) for l in self.libraries]

    def command(self, case, program, length, library):
        words = list(case.words) if library else []
        if case.place != "free" and self.pinned:
            words.append(f"pin={case.place}")
        if self.buffer and not program.endswith(".py"):
            words.append(f"buffer={self.buffer}")
        start = [self.python, HERE / program] if program.endswith(".py") else [self.folder / program]
        return [*start, case.transport, case.size, length, *words]

    def once(self, case, program, library):
        if case.tool == "callgrind":
            return programs.instructions(lambda length: self.command(case, program, length, library), library,
                                         self.folder / "tool")
        length = f"{case.count}x" if case.count else self.seconds
        command = self.command(case, program, length, library)
        if case.tool == "syscalls":
            return programs.syscalls(command, library, self.folder / "tool")
        words = programs.execute(command, library, 60 + 10 * self.seconds)
        missing = [metric.key for metric in case.metrics if words and metric.key not in words]
        if missing:
            raise KeyError(f"{program} does not measure {missing}")
        return words


def measure(run, chosen, rounds):
    """results[case][candidate] is a list with one dict (or None) a round."""
    start = time.monotonic()
    results = {case: {name: [] for name, _, _ in run.candidates(case)} for case in chosen}
    for turn in range(rounds):
        for kind in ("idle", "busy", "crowded"):
            group = [case for case in chosen if case.background == kind and turn < case.rounds]
            if not group:
                continue
            with programs.load(kind):
                for case in group:
                    order = run.candidates(case)
                    order = order[turn % len(order):] + order[:turn % len(order)]
                    for name, program, library in order:
                        results[case][name].append(run.once(case, program, library))
        print(f"round {turn + 1} of {rounds} done after {time.monotonic() - start:.0f} s", file=sys.stderr)
    return results


def save(path, results, machine):
    flat = [{"case": case.key, "tool": case.tool, "runs": by_name} for case, by_name in results.items()]
    pathlib.Path(path).write_text(json.dumps({"machine": machine, "results": flat}, indent=1))


def load_saved(paths, cases):
    """Results of earlier runs, put together; where two have a case, the later one counts."""
    by_key = {(case.key, case.tool): case for case in cases}
    results, machine = {}, None
    for path in paths:
        saved = json.loads(pathlib.Path(path).read_text())
        machine = saved["machine"]
        for one in saved["results"]:
            case = by_key.get((one["case"], one["tool"]))
            if case:
                results[case] = one["runs"]
    return {case: results[case] for case in cases if case in results}, machine
