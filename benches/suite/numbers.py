"""Medians, spreads, ratios, and how numbers are written."""

import statistics


def number(value):
    """Three significant digits, with M and k for the large."""
    for limit, unit in ((1e6, " M"), (1e4, " k")):
        if value >= limit:
            return number(value / (1e6 if unit == " M" else 1e3)) + unit
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def values(runs, metric):
    """One number a round, None where the run failed."""
    return [float(words[metric.key]) if words else None for words in runs]


def median(numbers):
    known = [n for n in numbers if n is not None]
    return statistics.median(known) if known else None


def cell(numbers):
    """Median (lowest to highest)."""
    known = [n for n in numbers if n is not None]
    if not known:
        return "failed"
    if len(known) == 1:
        return number(known[0])
    return f"{number(statistics.median(known))} ({number(min(known))} to {number(max(known))})"


def ratio(numbers, base):
    """The median of the ratios within a round."""
    pairs = [n / b for n, b in zip(numbers, base) if n is not None and b]
    return statistics.median(pairs) if pairs else None


def ratio_text(value):
    return "-" if value is None else f"{value:.2f}"
