"""The cases, and the figures to reach. A case is one program with its arguments under one load; it measures several
metrics at once. A goal compares the library with a yardstick that ran in the same round, never with a time."""

import dataclasses

SIZES = [(8, "8 B"), (64, "64 B"), (256, "256 B"), (1024, "1 KiB"), (4096, "4 KiB"), (16384, "16 KiB"),
         (65536, "64 KiB"), (1 << 20, "1 MiB"), (16 << 20, "16 MiB")]


@dataclasses.dataclass(frozen=True)
class Metric:
    key: str
    label: str
    more_is_better: bool = False


MEAN = Metric("mean", "mean, us")
P50 = Metric("p50", "p50, us")
P99 = Metric("p99", "p99, us")
P999 = Metric("p999", "p99.9, us")
CPU_TRIP = Metric("cpu_us", "CPU a round trip, us")
RATE = Metric("rate", "messages/s", True)
CPU = Metric("cpu_s_per_million", "CPU s a million")
PEAK = Metric("peak_mib", "peak memory, MiB")
LATENCY = (MEAN, P50, P99, P999, CPU_TRIP, PEAK)
STREAM = (RATE, CPU, PEAK)
INSTRUCTIONS = Metric("instructions", "instructions a message")
SYSCALLS = Metric("syscalls", "system calls a message")


@dataclasses.dataclass(frozen=True)
class Goal:
    """The ratio to `against` is to be at most, or where more is better at least, `limit`."""
    metric: Metric
    against: str
    limit: float

    def reached(self, ratio):
        return ratio >= self.limit if self.metric.more_is_better else ratio <= self.limit

    def __str__(self):
        return f"{'at least' if self.metric.more_is_better else 'at most'} {self.limit:.3g} x {self.against}"


@dataclasses.dataclass(frozen=True)
class Case:
    group: str
    name: str
    program: str
    transport: str
    size: int
    metrics: tuple
    words: tuple = ()         # the program's own arguments
    load: str = "idle"
    goals: tuple = ()
    raw: str = ""             # the program that is the yardstick, if there is one
    count: int = 0            # messages; 0: by time
    tool: str = ""            # "callgrind" or "syscalls" instead of times
    apart: bool = True        # keep the two sides on cores of their own, idle
    rounds: int = 99          # at most
    plot: tuple = ()          # (chart, x)

    @property
    def key(self):
        return f"{self.name}, {self.load}"

    @property
    def place(self):
        """Where the two sides run. Idle and apart, a wake-up is dear; under load the kernel decides."""
        if self.load == "one core":
            return "together"
        return "apart" if self.load == "idle" and self.apart else "free"

    @property
    def background(self):
        return "idle" if self.load == "one core" else self.load


def goals(limits, against="libzmq"):
    return tuple(Goal(metric, against, limit) for metric, limit in limits)


def latency():
    group = "Latency: ping-pong, one-way time"
    # The mean too: who lets others have the core may lose it for long, which no percentile need show.
    never_worse = goals([(MEAN, 1), (P50, 1), (CPU_TRIP, 1)])
    for load in ("idle", "busy", "one core", "crowded"):
        for transport in ("tcp", "ipc", "inproc"):
            wanted = never_worse if load == "crowded" else goals([(MEAN, 1), (CPU_TRIP, 1)])
            if load != "crowded" and transport == "inproc":
                wanted += goals([(P50, 0.4)])
            elif load != "crowded":
                wanted += goals([(P50, 0.25 if load == "idle" else 1.6)], "raw") + goals([(P99, 0.7)])
            yield Case(group, f"REQ/REP {transport} 30 B", "lat", transport, 30, LATENCY, load=load, goals=wanted,
                       raw="raw_lat")
            yield Case(group, f"DEALER/ROUTER {transport} 30 B", "lat", transport, 30, LATENCY, ("pattern=dealer",),
                       load, raw="raw_lat")
    for sockets in (2, 100, 1000):
        for load in ("idle", "busy", "crowded"):
            yield Case(group, f"zmq_poll over {sockets} sockets, tcp 30 B", "many", "tcp", 30, LATENCY,
                       (f"sockets={sockets}",), load, never_worse if load != "idle" else ())
    for load in ("idle", "busy", "crowded"):
        yield Case(group, "pyzmq asyncio echo, tcp 30 B", "echo.py", "tcp", 30, LATENCY, load=load,
                   goals=never_worse if load != "idle" else (), apart=False)
    for size, label in SIZES[:-1]:
        yield Case(group, f"REQ/REP tcp {label}", "lat", "tcp", size, LATENCY, raw="raw_lat", plot=("latency", size))


def throughput():
    group = "Throughput: one way, as a stream"
    wanted = {("tcp", 8): 4, ("tcp", 64): 3, ("tcp", 256): 1.8, ("tcp", 1024): 1.4, ("tcp", 65536): 1.2,
              ("tcp", 1 << 20): 1.2, ("inproc", 64): 5}
    for transport in ("tcp", "ipc", "inproc"):
        for size, label in SIZES:
            limit = wanted.get((transport, size))
            aims = goals([(RATE, limit)]) if limit else ()
            if (transport, size) == ("tcp", 64):
                aims += goals([(CPU, 0.4)])
            yield Case(group, f"PUSH/PULL {transport} {label}", "thr", transport, size, STREAM, goals=aims,
                       raw="raw_thr", plot=(f"throughput-{transport}", size))
    for size, label in SIZES[6:]:  # as libzmq's own programs measure it
        yield Case(group, f"PUSH/PULL tcp {label} zmq_msg_t", "thr", "tcp", size, STREAM, ("api=msg",),
                   goals=goals([(RATE, 1.2)]) if size <= 1 << 20 else (), raw="raw_thr")
    for pattern, name in (("pub", "PUB/SUB"), ("dealer", "DEALER/ROUTER")):
        for size, label in SIZES:
            yield Case(group, f"{name} tcp {label}", "thr", "tcp", size, STREAM, (f"pattern={pattern}",))
    for parts in (3, 10):
        yield Case(group, f"PUSH/PULL tcp {parts} parts of 64 B", "thr", "tcp", 64, STREAM, (f"parts={parts}",))
    for count in (10, 100):
        yield Case(group, f"PUSH/PULL tcp 64 B over {count} connections", "thr", "tcp", 64, STREAM,
                   (f"connections={count}",))
    for load in ("busy", "crowded"):
        yield Case(group, "PUSH/PULL tcp 64 B", "thr", "tcp", 64, STREAM, load=load, goals=goals([(RATE, 1), (CPU, 1)]),
                   raw="raw_thr")
    yield Case(group, "PUSH/PULL tcp 64 B, receiver works 5 us", "thr", "tcp", 64, STREAM, ("work=5",))
    yield Case(group, "PUSH/PULL tcp 64 KiB, receiver sleeps 200 us", "thr", "tcp", 65536, STREAM, ("sleep=200",))
    for size, limit in ((64, 1.7), (1024, 2)):
        yield Case("CURVE", f"PUSH/PULL tcp {dict(SIZES)[size]} CURVE", "thr", "tcp", size, STREAM, ("curve=1",),
                   goals=goals([(RATE, limit)]))


def fan():
    for count in (1, 10, 100, 1000):
        yield Case("Fan-out and fan-in", f"PUB to {count} tcp 64 B", "pub", "tcp", 64, STREAM, (f"subscribers={count}",),
                   goals=goals([(RATE, 3)]), plot=("fan-out", count))
    for count in (2, 10, 100, 1000):
        yield Case("Fan-out and fan-in", f"{count} PUSH to one PULL, tcp 64 B", "thr", "tcp", 64, STREAM,
                   (f"senders={count}",))


SHARE = Metric("share", "smallest share of the largest", True)
SILENCE = Metric("silence_ms", "longest silence of a sender, ms")
CALM_P99 = Metric("calm_p99", "delay of a calm peer beside them, p99, us")


def fairness():
    """Where all have something to say the original is fair, so its share is nearly 1 and its silences are short."""
    floods = [(4, "tcp", 64, work, load) for work in (0, 1, 20) for load in ("idle", "one core")]
    floods += [(32, "tcp", 64, 1, "idle"), (4, "ipc", 64, 1, "idle"), (4, "tcp", 65536, 1, "idle")]
    for senders, transport, size, work, load in floods:
        name = f"{senders} PUSH processes to one PULL, {transport} {dict(SIZES)[size]}, receiver works {work} us"
        yield Case("Fairness", name, "fair", transport, size, (SHARE, SILENCE, RATE, CPU),
                   (f"senders={senders}", f"work={work}"), load, goals([(SHARE, 0.9), (SILENCE, 3)]))
    for work in (0, 1):
        yield Case("Fairness", f"a calm PUSH beside 4 that flood, tcp 64 B, receiver works {work} us", "fair", "tcp", 64,
                   (CALM_P99,), ("calm=1", f"work={work}"), goals=goals([(CALM_P99, 2)]))


def proxies():
    for pattern, name in (("xpub", "XSUB/XPUB"), ("router", "ROUTER/DEALER")):
        yield Case("Proxies", f"zmq_proxy {name} tcp 64 B", "proxy", "tcp", 64, STREAM, (f"pattern={pattern}",),
                   goals=goals([(RATE, 3)]), apart=False)


CONNECT = Metric("connect_s", "time to connect, s")
IDLE = (Metric("idle_server", "memory of an idle connection, server, B"),
        Metric("idle_client", "the same, client, B"))
USED = (Metric("used_server", "memory of a used connection, server, B"),
        Metric("used_client", "the same, client, B"))
ECHOES = Metric("rate", "echoes/s", True)


def scale():
    group = "Many connections"
    better = goals([(CONNECT, 1), *((m, 1) for m in USED), (ECHOES, 1)])
    for count in (10, 100, 1000, 10000):
        for threads in (1, 2, 4) if count == 10000 else (1,):
            aims = goals([(m, 0.2) for m in IDLE]) + better if count == 10000 and threads == 1 else ()
            yield Case(group, f"{count} connections to a ROUTER, {threads} I/O threads", "scale", "tcp", 30,
                       (CONNECT, *IDLE, *USED, ECHOES, CPU), (f"connections={count}", f"io_threads={threads}"),
                       goals=aims, apart=False, rounds=3, plot=("connections", count) if threads == 1 else ())
    for threads in (1, 2, 4):
        yield Case(group, f"10000 connections to a PULL, {threads} I/O threads", "scale", "tcp", 64,
                   (CONNECT, *IDLE, *USED, *STREAM), ("connections=10000", f"io_threads={threads}", "pattern=push"),
                   apart=False, rounds=3)
    for transport in ("tcp", "ipc", "inproc"):
        yield Case(group, f"connect, ask, close, {transport}", "setup", transport, 30,
                   (Metric("rate", "connections/s", True), CPU))


ADD, MATCH, MISS, REMOVE = (Metric(f"{k}_ns", f"{k}, ns") for k in ("add", "match", "miss", "remove"))
TOPIC_BYTES = Metric("bytes", "memory of one, both sides, B")
QUEUED_BYTES = Metric("bytes", "memory of one, B")


def memory():
    for where in ("send", "receive"):
        yield Case("Memory of queues and subscriptions", f"queued message 64 B, {where} side", "queued", "tcp", 64,
                   (QUEUED_BYTES,), (f"where={where}",), goals=goals([(QUEUED_BYTES, 0.45)]), count=1000000, rounds=3)
    for transport, count in (("inproc", 1000000), ("inproc", 10000), ("tcp", 100000)):
        third = 1 / 3
        aims = goals([(ADD, third), (MATCH, third), (REMOVE, third), (TOPIC_BYTES, 0.3)]) if count == 1000000 else ()
        yield Case("Memory of queues and subscriptions", f"{count} subscriptions, {transport}", "subs", transport, 24,
                   (ADD, MATCH, MISS, REMOVE, TOPIC_BYTES), goals=aims, count=count, rounds=3)


EVENTS, RECV, POLL = (Metric("events", "ZMQ_EVENTS, ns"), Metric("recv", "zmq_recv DONTWAIT, ns"),
                      Metric("poll", "zmq_poll(0), ns"))


def counts():
    for transport in ("tcp", "inproc"):
        yield Case("Calls", f"nothing new, {transport}", "polling", transport, 8, (EVENTS, RECV, POLL),
                   goals=goals([(EVENTS, 0.3), (RECV, 0.3)]) if transport == "tcp" else ())
    for transport in ("inproc", "tcp"):
        yield Case("Instructions and system calls", f"PUSH/PULL {transport} 64 B", "thr", transport, 64, (INSTRUCTIONS,),
                   goals=goals([(INSTRUCTIONS, 0.35)]), raw="raw_thr", tool="callgrind", rounds=1)
    yield Case("Instructions and system calls", "REQ/REP tcp 30 B, a round trip", "lat", "tcp", 30, (INSTRUCTIONS,),
               raw="raw_lat", tool="callgrind", rounds=1)
    for transport, size, label in (("tcp", 64, "64 B"), ("tcp", 65536, "64 KiB"), ("inproc", 64, "64 B")):
        yield Case("Instructions and system calls", f"PUSH/PULL {transport} {label}", "thr", transport, size, (SYSCALLS,),
                   raw="raw_thr", tool="syscalls", rounds=1)
    for transport in ("tcp", "inproc"):
        yield Case("Instructions and system calls", f"REQ/REP {transport} 30 B, a round trip", "lat", transport, 30,
                   (SYSCALLS,), raw="raw_lat", tool="syscalls", rounds=1)


def every():
    return [case for family in (latency, throughput, fan, fairness, proxies, scale, memory, counts) for case in family()]


def is_quick(case):
    """The quick form has every figure to reach, and how often the kernel is called. Of zmq_poll and pyzmq, which have no
    figure of their own, it has the busy machine."""
    if case.program in ("many", "echo.py"):
        return case.load == "busy"
    return bool(case.goals) or case.tool != ""
