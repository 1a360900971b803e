"""The basics, in C: over tcp and ipc, and together with their Python twins. All have to print the same."""

import re

from scenes import SCENES, WILDCARDS, transcript
from stage import Failure


def start_role(stage, step, transport, in_python, actors):
    name, program, words = step

    def endpoint(match):
        if match.group(1) == "any":
            return WILDCARDS[transport]
        owner, index = match.group(1).split(".")
        process = next(actor for actor in actors if actor.name == owner)
        return bound(stage, process, int(index))

    plain = name.rstrip("&!")
    arguments = [plain, *re.sub(r"{([\w.]+)}", endpoint, words).split()]
    if in_python:
        script = stage.python_programs / f"{program}.py"
        actor = stage.start_command(plain, [stage.python, script, *arguments], LD_PRELOAD=str(stage.libdir / "libzmq.so.5"))
    else:
        actor = stage.start(plain, f"basics/c/{program}", *arguments)
    # A Python program that is told to end simply dies of the signal.
    actor.good_ends = (0, -15) if in_python else (0,)
    actor.ending = not name.endswith("&")
    actors.append(actor)
    return actor


def bound(stage, actor, index):
    def endpoints():
        return [line.split()[1] for line in actor.lines if line.startswith("bound ")]

    stage.until(lambda: len(endpoints()) > index, f"{actor.name} to be bound")
    return endpoints()[index]


def play(stage, scene, transport, python_roles=()):
    """The transcript of a scene; the roles with these numbers are played in Python."""
    actors = []
    for number, step in enumerate(scene):
        if not step[0].endswith("!"):
            start_role(stage, step, transport, number in python_roles, actors)
    for actor, step in zip(actors, scene):
        if not step[0].endswith("&"):
            actor.wait_end()
    stops = [step for step in scene if step[0].endswith("!")]
    for actor in actors:
        actor.ending |= bool(stops)
    for step in stops:
        start_role(stage, step, transport, False, actors).wait_end()
    for actor in actors:
        if stops:
            actor.wait_end()
        elif actor.running:
            actor.end(actor.good_ends)
    return transcript([(a.name, [l for l in a.lines if not l.startswith("bound ")]) for a in actors])


def compare(title, *transcripts):
    for other in transcripts[1:]:
        if other != transcripts[0]:
            raise Failure(f"{title}: {transcripts[0]} is not {other}")


def test_c(stage):
    for title, scene in SCENES.items():
        compare(title, play(stage, scene, "tcp"), play(stage, scene, "ipc"))
        stage.counts["scenes"] += 1


def test_with_python(stage):
    for title, scene in SCENES.items():
        odd, even = range(1, len(scene), 2), range(0, len(scene), 2)
        compare(title, play(stage, scene, "tcp"), play(stage, scene, "tcp", odd), play(stage, scene, "ipc", even))
        stage.counts["scenes"] += 1
