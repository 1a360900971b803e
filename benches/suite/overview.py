"""One picture of docs/benchmarks/README.md: a few of its figures beside the original's, as bars."""

import html

from .candidates import OURS, REFERENCE, ROOT

FOLDER = ROOT / "docs/benchmarks"
PICTURE = FOLDER / "overview.svg"
# Case, metric as published (on an idle machine), and what the picture calls both.
MORE_IS_BETTER = [
    ("PUSH/PULL tcp 64 B", "messages/s", "PUSH/PULL, tcp, 64 B", "messages/s"),
    ("PUSH/PULL tcp 64 B CURVE", "messages/s", "PUSH/PULL, tcp, 64 B, CURVE", "messages/s"),
    ("PUB to 100 tcp 64 B", "messages/s", "PUB to 100 SUB, tcp, 64 B", "deliveries/s"),
    ("zmq_proxy XSUB/XPUB tcp 64 B", "messages/s", "zmq_proxy, tcp, 64 B", "messages/s"),
    ("connect, ask, close, tcp", "connections/s", "connect, ask, close, tcp", "connections/s"),
]
LESS_IS_BETTER = [
    ("REQ/REP tcp 30 B", "mean, us", "REQ/REP, tcp, one way, mean", "us"),
    ("REQ/REP tcp 30 B", "p99, us", "REQ/REP, tcp, one way, p99", "us"),
    ("PUSH/PULL tcp 64 B", "CPU s a million", "CPU for 1 million messages", "s"),
    ("10000 connections to a ROUTER, 1 I/O threads", "memory of an idle connection, server, B",
     "memory of an idle connection", "B"),
    ("queued message 64 B, receive side", "memory of one, B", "memory of a queued message", "B"),
]
WIDTH, LEFT, LONGEST, ROW = 760, 230, 300, 40
GREY, BLUE = "#b8b8b8", "#1b6ac9"


def published():
    """{(case, metric): (original, this library)} of an idle machine: medians, as texts."""
    figures, head = {}, []
    _, _, tables = (FOLDER / "README.md").read_text().partition("\n## All cases\n")
    for line in tables.split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if cells[0] == "case":
            head = cells
        elif REFERENCE in head and OURS in head and len(cells) == len(head) and cells[1] == "idle":
            both = (cells[head.index(name)].split(" (")[0] for name in (REFERENCE, OURS))
            figures[cells[0], cells[2]] = tuple(both)
    return figures


def value(text):
    number, _, unit = text.partition(" ")
    return float(number) * {"": 1, "k": 1e3, "M": 1e6}[unit]


def group(figures, rows, title, top, longest):
    """Bars under a title; `longest(pairs)` is the number that the whole width stands for."""
    known = [(name, unit, figures[case, metric]) for case, metric, name, unit in rows
             if (case, metric) in figures]
    ratios = [value(ours) / value(theirs) for _, _, (theirs, ours) in known]
    scale = LONGEST / longest(ratios)
    out = [f'<text x="20" y="{top + 16}" font-weight="bold">{title}</text>']
    for row, ((name, unit, (theirs, ours)), ratio) in enumerate(zip(known, ratios)):
        y = top + 28 + row * ROW
        out.append(f'<text x="{LEFT - 10}" y="{y + 20}" text-anchor="end">{html.escape(name)}'
                   '</text>')
        bars = ((0, GREY, scale, theirs), (15, BLUE, scale * ratio, ours))
        for shift, colour, length, text in bars:
            out.append(f'<rect x="{LEFT}" y="{y + shift}" width="{length:.1f}" height="13" '
                       f'fill="{colour}"/><text x="{LEFT + length + 6:.1f}" y="{y + shift + 11}" '
                       f'font-size="12">{text} {unit}</text>'.replace(" k B<", " kB<"))
    return out, top + 28 + len(known) * ROW + 16


def picture():
    figures = published()
    more, y = group(figures, MORE_IS_BETTER, "More is better", 44, max)
    less, y = group(figures, LESS_IS_BETTER, "Less is better", y, lambda ratios: max([1, *ratios]))
    legend = (f'<rect x="20" y="16" width="13" height="13" fill="{GREY}"/><text x="40" y="27">'
              f'{REFERENCE}</text><rect x="110" y="16" width="13" height="13" fill="{BLUE}"/>'
              f'<text x="130" y="27">{OURS}</text>')
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" '
            f'font-family="sans-serif" font-size="13">')
    back = f'<rect width="{WIDTH}" height="{y}" fill="white"/>'
    return "\n".join([head, back, legend, *more, *less, "</svg>", ""])


def write():
    PICTURE.write_text(picture())


def is_current():
    return PICTURE.exists() and PICTURE.read_text() == picture()
