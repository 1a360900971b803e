"""The stage of one test: real processes, what they print, and one loop that waits for whatever comes next.

Nothing here sleeps: a test waits for lines, ends of processes and moments of its plan, always with a time limit. Everything
happens on one thread, which is also what processes need that are to die with their parent (PR_SET_PDEATHSIG).
"""

import collections
import heapq
import os
import pathlib
import random
import selectors
import signal
import subprocess
import time

PATIENCE_S = 60
TICK_S, STALL_S, RECOVER_FROM_STALL_S = 0.05, 0.25, 4.0
MARK = "ZMQ_EXAMPLES_STAGE"


class Failure(Exception):
    """A promise was not kept."""


class Actor:
    """One process."""

    def __init__(self, stage, name, command, env, on_line, catches_signals):
        self.stage, self.name, self.on_line = stage, name, on_line
        self.lines, self.tail = [], b""
        self.frozen = self.ending = self.checked = False
        self.status = None
        self.on_end = None  # called when it ends though nobody asked it to; without, that is a failure
        # A program that catches SIGTERM may be sent one before it has come that far: it inherits that the signal waits.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM} if catches_signals else ())
        # setpriv turns into the command: if the test dies, however, the process does too.
        self.child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)], env=env,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.set_blocking(self.child.stdout.fileno(), False)
        self.watched = True
        stage.selector.register(self.child.stdout, selectors.EVENT_READ, self)

    @property
    def running(self):
        return self.status is None

    def signal(self, number):
        """The process may have ended already, but not been waited for: its number is still its own."""
        if self.running:
            self.child.send_signal(number)

    def kill(self):
        self.stage.note(f"-- kill -9 {self.name}")
        self.ending = True
        self.signal(signal.SIGKILL)
        self.stage.until(lambda: not self.running, f"the end of {self.name}")

    def freeze(self):
        self.stage.note(f"-- freeze {self.name}")
        self.frozen = True
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.stage.note(f"-- thaw {self.name}")
        self.frozen = False
        self.signal(signal.SIGCONT)

    def ask_to_end(self):
        self.stage.note(f"-- end {self.name}")
        self.ending = True
        self.signal(signal.SIGTERM)

    def end(self, statuses=(0,)):
        """Ends it as a user does; it has to end well."""
        self.ask_to_end()
        self.wait_end(statuses)

    def wait_end(self, statuses=(0,)):
        """Waits until it has ended by itself."""
        self.ending = True
        self.stage.until(lambda: not self.running, f"the end of {self.name}")
        if self.status not in statuses:
            raise Failure(f"{self.name} ended with {self.status}")

    def said(self, text):
        return any(text in line for line in self.lines)

    def await_line(self, text, seconds=PATIENCE_S):
        self.stage.until(lambda: self.said(text), f"{self.name} to say {text!r}", seconds)


class Stage:
    """Everything that one test has: programs, a library, a directory, a seed."""

    def __init__(self, programs, libdir, scratch, seed, seconds, python=None, under=()):
        self.programs, self.libdir = pathlib.Path(programs), pathlib.Path(libdir)
        self.scratch, self.seconds, self.python, self.under = pathlib.Path(scratch), seconds, python, list(under)
        self.random = random.Random(seed)
        self.selector = selectors.DefaultSelector()
        self.actors, self.plan, self.log = [], [], collections.deque(maxlen=20000)
        self.began, self.planned = time.monotonic(), 0
        self.env = dict(os.environ, TMPDIR=str(scratch), LD_LIBRARY_PATH=str(libdir), PYTHONDONTWRITEBYTECODE="1")
        self.env[MARK] = str(scratch)
        self.env.pop("LD_PRELOAD", None)
        self.counts = collections.Counter()
        self.stalled = 0.0
        self.tick(self.began)

    def tick(self, planned):
        """Looks at the clock all the time: when it comes late, the machine stood still, and so did what is tested. Then the
        processes believe that they slept, and time limits are longer by what it costs to recover from that."""
        late = time.monotonic() - planned
        if late > STALL_S:
            self.stalled += late + RECOVER_FROM_STALL_S
            self.counts["stalls of the machine"] += 1
            self.note(f"-- the machine stood still for {late:.1f} s")
        moment = time.monotonic() + TICK_S
        self.at(moment, lambda: self.tick(moment))

    def note(self, text):
        self.log.append(f"{time.monotonic() - self.began:8.3f} {text}")

    def endpoint(self, name):
        """An address that stays the same when its owner dies and another one takes its place."""
        return f"ipc://{self.scratch}/{name}"

    def start(self, name, program, *arguments, on_line=None):
        """Starts one of the programs: "majordomo/broker"."""
        return self.start_command(name, [*self.under, self.programs / program, *arguments], on_line, True)

    def start_command(self, name, command, on_line=None, catches_signals=False, **env):
        self.note(f"-- start {name}: {' '.join(map(str, command))}")
        actor = Actor(self, name, command, {**self.env, **env}, on_line, catches_signals)
        self.actors.append(actor)
        return actor

    def at(self, moment, action):
        """Plans an action; `moment` is of time.monotonic()."""
        self.planned += 1
        heapq.heappush(self.plan, (moment, self.planned, action))

    def pump(self, limit):
        """Handles what happens next: lines, an end, a planned action. Waits until `limit` at the longest."""
        until = min(limit, self.plan[0][0]) if self.plan else limit
        for key, _ in self.selector.select(max(0.0, until - time.monotonic())):
            self.read(key.data)
        while self.plan and self.plan[0][0] <= time.monotonic():
            heapq.heappop(self.plan)[2]()

    def read(self, actor):
        try:
            data = os.read(actor.child.stdout.fileno(), 1 << 16)
        except BlockingIOError:
            return
        *lines, actor.tail = (actor.tail + data).split(b"\n")
        if lines and not actor.checked:
            self.check_library(actor)
        for line in lines:
            self.hear(actor, line.decode(errors="replace"))
        if not data:
            self.reap(actor)

    def hear(self, actor, line):
        self.note(f"{actor.name}> {line}")
        actor.lines.append(line)
        if actor.on_line:
            actor.on_line(line)

    def reap(self, actor):
        self.selector.unregister(actor.child.stdout)
        actor.watched = False
        actor.child.stdout.close()
        actor.status = actor.child.wait()
        self.note(f"-- {actor.name} ended with {actor.status}")
        if actor.ending:
            return
        if actor.on_end:
            actor.on_end()
        else:
            raise Failure(f"{actor.name} ended with {actor.status}, and nobody asked it to")

    def check_library(self, actor):
        """The process has to run on the library under test. (It may have ended since; then the next one tells.)"""
        try:
            maps = pathlib.Path(f"/proc/{actor.child.pid}/maps").read_text()
        except (ProcessLookupError, FileNotFoundError):
            return
        mapped = {os.path.dirname(os.path.realpath(word)) for word in maps.split() if "/libzmq.so" in word}
        if mapped:
            actor.checked = True
            self.counts["processes checked"] += 1
            if mapped != {os.path.realpath(self.libdir)}:
                raise Failure(f"{actor.name} runs on {mapped}, not on {self.libdir}")

    def until(self, condition, what, seconds=PATIENCE_S):
        """Waits for a condition."""
        began, stalled = time.monotonic(), self.stalled
        while not condition():
            limit = began + seconds + self.stalled - stalled
            if time.monotonic() >= limit:
                raise Failure(f"waited {seconds} s in vain for {what}")
            self.pump(limit)

    def play_on(self, seconds):
        """Lets the play go on for a while."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.pump(limit)

    def end_all(self):
        """Ends all that still run, in the order of their start; each has to end well."""
        running = [actor for actor in self.actors if actor.running]
        for actor in running:
            if actor.frozen:
                actor.thaw()
            actor.ask_to_end()
        for actor in running:
            actor.wait_end()

    def clear(self):
        """Leaves nobody behind, whatever happened."""
        for actor in self.actors:
            if actor.child.poll() is None:
                actor.child.kill()
                actor.child.wait()
            if actor.watched:
                actor.child.stdout.close()
        self.selector.close()


def marked(token):
    """The processes of a stage that are still there."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{MARK}={token}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except (ProcessLookupError, FileNotFoundError, PermissionError):
            pass
    return found
