"""Line charts in SVG with logarithmic axes: medians as lines, lowest to highest as a band."""

import html
import math

from .candidates import OURS, REFERENCE
from .numbers import values

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 110, 40, 50
COLOURS = {"raw": "#888888", REFERENCE: "#d95f02", OURS: "#1b6ac9"}
MORE_COLOURS = ["#2e9e44", "#8e44ad", "#b8860b"]
CHARTS = {  # name: title, what x is, what y is, the metric
    "throughput-tcp": ("PUSH/PULL over tcp", "message size", "messages a second", "rate"),
    "throughput-ipc": ("PUSH/PULL over ipc", "message size", "messages a second", "rate"),
    "throughput-inproc": ("PUSH/PULL inproc", "message size", "messages a second", "rate"),
    "latency": ("REQ/REP over tcp, idle machine", "message size", "one-way time, p50, us", "p50"),
    "fan-out": ("PUB to many, tcp, 64 B", "subscribers", "deliveries a second", "rate"),
    "connections": ("Memory of a ROUTER's process", "connections", "MiB", "idle_server"),
}


def short(value):
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


def size_label(value):
    for limit, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if value >= limit:
            return f"{value // limit} {unit}"
    return f"{value} B"


class Axis:
    """A logarithmic scale from data to pixels."""

    def __init__(self, numbers, start, end):
        self.low, self.high = math.log10(min(numbers)), math.log10(max(numbers))
        if self.high - self.low < 0.1:
            self.low, self.high = self.low - 0.5, self.high + 0.5
        self.start, self.end = start, end

    def __call__(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        """Powers of ten, and their doubles and fives where there are few."""
        steps = (1, 2, 5) if self.high - self.low < 2 else (1,)
        all_of_them = [step * 10.0 ** n for n in range(math.floor(self.low), math.ceil(self.high) + 1) for step in steps]
        return [tick for tick in all_of_them if self.low - 1e-9 <= math.log10(tick) <= self.high + 1e-9]


def chart(title, x_name, y_name, series, x_label):
    """`series` is {name: [(x, median, low, high)]}, sorted by x."""
    points = [p for line in series.values() for p in line]
    xs = sorted({p[0] for p in points})
    x = Axis(xs, LEFT, WIDTH - RIGHT)
    y = Axis([p[2] for p in points] + [p[3] for p in points], HEIGHT - BOTTOM, TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="22" font-size="15">{html.escape(title)}</text>']
    for tick in y.ticks():
        out.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>'
                   f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{short(tick)}</text>')
    for tick in xs:
        out.append(f'<path d="M{x(tick):.1f} {HEIGHT - BOTTOM}v5" stroke="black"/><text x="{x(tick):.1f}" '
                   f'y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x_label(tick)}</text>')
    out.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="black"/>'
               f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{x_name}</text>'
               f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
               f'{y_name}</text>')
    ends, spare = [], iter(MORE_COLOURS * len(series))
    for name, line in series.items():
        colour = COLOURS.get(name) or next(spare)
        band = [f"{x(p[0]):.1f} {y(p[3]):.1f}" for p in line] + [f"{x(p[0]):.1f} {y(p[2]):.1f}" for p in reversed(line)]
        middle = [f"{x(p[0]):.1f} {y(p[1]):.1f}" for p in line]
        out.append(f'<path d="M{"L".join(band)}Z" fill="{colour}" opacity="0.2"/>'
                   f'<path d="M{"L".join(middle)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{p.split()[0]}" cy="{p.split()[1]}" r="3" fill="{colour}"/>' for p in middle]
        ends.append((y(line[-1][1]), name, colour, x(line[-1][0])))
    lowest = HEIGHT - BOTTOM + 14
    for at, name, colour, right in sorted(ends, reverse=True):  # from the lowest up: names do not overlap
        lowest = min(at + 4, lowest - 14)
        out.append(f'<text x="{right + 8:.1f}" y="{lowest:.1f}" fill="{colour}">{html.escape(name)}</text>')
    return "\n".join(out + ["</svg>", ""])


def series_of(results, name, key):
    """The lines of a chart from the cases that belong to it."""
    series = {}
    for case, by_name in results.items():
        if not case.plot or case.plot[0] != name or case.load != "idle":
            continue
        metric = next(m for m in case.metrics if m.key == key)
        factor = case.plot[1] / (1 << 20) if name == "connections" else 1  # bytes of one into MiB of all
        for candidate, runs in by_name.items():
            known = sorted(v * factor for v in values(runs, metric) if v is not None and v > 0)
            if known:
                series.setdefault(candidate, []).append((case.plot[1], known[len(known) // 2], known[0], known[-1]))
    return {candidate: sorted(line) for candidate, line in series.items()}


def charts(results):
    """(file name, title, SVG) of every chart that has at least two points a line."""
    for name, (title, x_name, y_name, key) in CHARTS.items():
        series = {c: line for c, line in series_of(results, name, key).items() if len(line) > 1}
        if series:
            label = size_label if x_name == "message size" else short
            yield f"{name}.svg", title, chart(title, x_name, y_name, series, label)
