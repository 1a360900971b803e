"""The command line."""

import argparse
import os
import pathlib
import re
import tempfile

from . import candidates, cases, machine, measure, overview, plot, report

HELP = """Measures libzmq, plain sockets (raw) and zincmq side by side, and prints Markdown.

    benches/run                        every figure to reach: some ten minutes
    benches/run --quick                the same, shorter runs and fewer rounds: a few minutes
    benches/run --full                 all cases: an hour
    benches/run --full --publish       the same, written into docs/benchmarks/ with plots
    benches/run --goals --only 'tcp'   only the table of goals, of the cases whose 'name, load' matches
    benches/run --lib try=/some/lib    one more candidate (a directory or a file); may be repeated
    benches/run --json a.json          keeps every single value; --from a.json b.json prints what was kept

Every round runs each case on each candidate in turn, the order rotating, so that a slow minute of the machine hits all
of them. Each cell is median (lowest to highest); a ratio is the median of the ratios within a round. Every program
says which object its zmq_send came from, so a mix-up is an error and not a result; messages are numbered and counted.

Load: `idle` is the machine as found; `busy` adds a process of the lowest priority on every core, so that cores never
sleep and wake-ups are cheap; `crowded` adds two ordinary ones on every core. Idle, each side of a pair has its own half
of the cores, so that a wake-up is dear; under load the kernel places them. `one core` is both sides on the same core.
"""


def arguments():
    p = argparse.ArgumentParser(description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    form = p.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_true", help="a few minutes")
    form.add_argument("--full", action="store_true", help="all cases")
    p.add_argument("--only", default="", metavar="REGEX", help="cases whose 'group: name, load' matches")
    p.add_argument("--goals", action="store_true", help="print the table of goals only")
    p.add_argument("--lib", action="append", default=[], metavar="NAME=PATH", help="a further candidate, or another zincmq")
    p.add_argument("--libzmq", default=candidates.system_libzmq(), metavar="PATH", help="the original (default: the installed one)")
    p.add_argument("--rounds", type=int)
    p.add_argument("--seconds", type=float, help="length of one run")
    p.add_argument("--free", dest="pin", action="store_false", help="let the kernel place all processes")
    p.add_argument("--buffer", type=int, default=0, metavar="BYTES", help="socket buffers of all candidates (default: the kernel's)")
    p.add_argument("--json", metavar="FILE", help="write every single value there")
    p.add_argument("--from", nargs="+", dest="saved", metavar="FILE", help="measure nothing, print what --json wrote")
    p.add_argument("--publish", action="store_true", help="write table and plots into docs/benchmarks/")
    p.add_argument("--list", action="store_true", help="name the cases and end")
    return p.parse_args()


def chosen_cases(args):
    return [case for case in cases.every()
            if (args.full or args.saved or cases.is_quick(case)) and re.search(args.only, f"{case.group}: {case.key}")]


def run(args, chosen):
    """Measures; the results and the machine in words."""
    rounds = args.rounds or (3 if args.quick else 5)
    seconds = args.seconds or (1.0 if args.full else 0.3 if args.quick else 0.5)
    before = os.getloadavg()[0], machine.cpu_ticks()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        scratch = pathlib.Path(scratch)
        libraries = candidates.choose(args.libzmq, args.lib, scratch / "lib")
        candidates.compile_programs(scratch, libraries[0])
        python = candidates.python_with_pyzmq() if any(case.program.endswith(".py") for case in chosen) else None
        runs = measure.Run(scratch, libraries, seconds, args.pin, args.buffer, python)
        results = measure.measure(runs, chosen, rounds)
        words = machine.describe(libraries, rounds, seconds, args.pin, args.buffer, before)
    return results, words


def text_of(results, words, pictures=()):
    parts = ["## Machine\n\n" + "\n".join(f"- {line}" for line in words),
             "## Figures to reach\n\n" + report.goals_table(results),
             "## Where the original does better\n\n" + report.worse_table(results)]
    if pictures:
        parts.append("## Plots\n\n" + "\n\n".join(f"![{title}]({name})" for name, title in pictures))
    return "\n\n".join(parts + ["## All cases\n\n" + report.full_tables(results)]) + "\n"


def publish(results, words):
    folder = candidates.ROOT / "docs/benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for name, title, svg in plot.charts(results):
        (folder / name).write_text(svg)
        pictures.append((name, title))
    head = ("# Benchmarks\n\nMade by `benches/run --publish`, with `--full` or in one of the shorter forms: what was run is below; `benches/run --help` says how it measures. A cell is "
            "median (lowest to highest), a ratio the median of the ratios within a round. `raw` is plain blocking "
            "sockets, or for inproc a mutex and a condition.\n\n")
    (folder / "README.md").write_text(head + text_of(results, words, pictures))
    overview.write()


def main():
    args = arguments()
    chosen = chosen_cases(args)
    if args.list:
        print("\n".join(f"{case.group}: {case.key}" + (f" ({case.tool})" if case.tool else "") for case in chosen))
        return 0
    results, words = measure.load_saved(args.saved, chosen) if args.saved else run(args, chosen)
    if args.json:
        measure.save(args.json, results, words)
    if args.publish:
        publish(results, words)
    print(report.goals_table(results) if args.goals else text_of(results, words))
    failed = any(words is None for by_name in results.values() for runs in by_name.values() for words in runs)
    return 1 if failed else 0
