"""The tables: every metric of every case, and the goals."""

from .candidates import OURS, REFERENCE
from .numbers import cell, median, number, ratio, ratio_text, values


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def names_of(results):
    """All candidates in order, the yardstick first."""
    names = []
    for by_name in results.values():
        names += [name for name in by_name if name not in names]
    return (["raw"] if "raw" in names else []) + [name for name in names if name != "raw"]


def ratio_columns(names):
    """(candidate, against): the original against raw, every other against the original and raw."""
    columns = [(REFERENCE, "raw")] if REFERENCE in names and "raw" in names else []
    for name in names:
        if name not in ("raw", REFERENCE):
            columns += [(name, base) for base in (REFERENCE, "raw") if base in names]
    return columns


def full_tables(results):
    """A table for each group of cases."""
    groups = {}
    for case in results:
        groups.setdefault(case.group, []).append(case)
    parts = []
    for group, cases in groups.items():
        names = names_of({case: results[case] for case in cases})
        columns = ratio_columns(names)
        head = ["case", "load", "metric", *names, *(f"{a} / {b}" for a, b in columns)]
        rows = []
        for case in cases:
            for metric in case.metrics:
                by_name = {name: values(runs, metric) for name, runs in results[case].items()}
                ratios = [ratio(by_name[a], by_name[b]) if a in by_name and b in by_name else None for a, b in columns]
                rows.append([case.name, case.load, metric.label,
                             *(cell(by_name[name]) if name in by_name else "-" for name in names),
                             *map(ratio_text, ratios)])
        parts.append(f"### {group}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def goal_rows(results, ours=OURS):
    """(row, whether reached) for each goal of the cases that were measured."""
    for case, by_name in results.items():
        for goal in case.goals:
            mine, theirs = (values(by_name.get(name, []), goal.metric) for name in (ours, goal.against))
            found = ratio(mine, theirs)
            reached = found is not None and goal.reached(found)
            shown = [number(m) if (m := median(side)) is not None else "failed" for side in (mine, theirs)]
            yield [case.name, case.load, goal.metric.label, *shown, ratio_text(found), str(goal),
                   "reached" if reached else "**not reached**"], reached


def goals_table(results, ours=OURS):
    rows = list(goal_rows(results, ours))
    if not rows:
        return "No case with a goal was measured."
    count = sum(reached for _, reached in rows)
    head = ["what", "load", "metric", ours, "yardstick", "ratio", "goal", ""]
    return f"{count} of {len(rows)} reached.\n\n" + table(head, [row for row, _ in rows])


def worse_table(results, ours=OURS):
    """Where the original is better by more than a twentieth, whatever was measured."""
    rows = []
    for case, by_name in results.items():
        for metric in case.metrics:
            mine, theirs = (values(by_name.get(name, []), metric) for name in (ours, REFERENCE))
            found = ratio(mine, theirs)
            if found is not None and (found < 0.95 if metric.more_is_better else found > 1.05):
                rows.append([case.name, case.load, metric.label, cell(mine), cell(theirs), ratio_text(found)])
    if not rows:
        return f"Nowhere did {REFERENCE} do better by more than a twentieth."
    return table(["case", "load", "metric", ours, REFERENCE, "ratio"], rows)
