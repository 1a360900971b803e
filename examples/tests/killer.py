"""Kills and freezes parts of a pattern at random moments, from a seed, and brings them back."""

import time


class Part:
    """A part that may die: `start` makes its actor anew. Once it is brought back it counts as away until `settled` says that
    it has its part again, of the actor and the number of lines that it had said when it was struck."""

    def __init__(self, start, ways=("kill", "freeze", "end"), settled=None):
        self.start, self.ways, self.settled = start, ways, settled
        self.actor, self.since = start(), 0
        self.down = False

    def back(self):
        return not self.down and (not self.settled or self.settled(self.actor, self.since))


class Killer:
    """Every `gap` seconds something happens to a part, for up to `away` seconds; at most `most` parts are away at a time."""

    def __init__(self, stage, parts, gap=(0.03, 0.4), away=(0.0, 1.3), most=None):
        self.stage, self.parts, self.gap, self.away = stage, parts, gap, away
        self.most = most or len(parts)
        self.active = True
        self.plan_next()

    def plan_next(self):
        self.stage.at(time.monotonic() + self.stage.random.uniform(*self.gap), self.strike)

    def strike(self):
        if not self.active:
            return
        self.plan_next()
        # The dice fall in the same order whatever the parts do, so that a seed means the same plan.
        part, dice = self.stage.random.choice(self.parts), self.stage.random.random()
        away = self.stage.random.uniform(*self.away)
        if not part.back() or sum(not p.back() for p in self.parts) >= self.most:
            return
        part.down, part.since = True, len(part.actor.lines)
        way = part.ways[int(dice * len(part.ways))]
        self.stage.counts[way] += 1
        getattr(self, way)(part)
        self.stage.at(time.monotonic() + away, lambda: self.bring_back(part))

    def kill(self, part):
        part.actor.kill()

    def freeze(self, part):
        part.actor.freeze()

    def end(self, part):
        part.actor.end()

    def bring_back(self, part):
        if part.down:
            part.down = False
            if part.actor.frozen:
                part.actor.thaw()
            else:
                part.actor, part.since = part.start(), 0

    def stop(self):
        """Brings all back, and leaves them alone."""
        self.active = False
        for part in self.parts:
            self.bring_back(part)


def rage(stage, parts, seconds=None, **manner):
    """A killer at work for the time of the test."""
    killer = Killer(stage, parts, **manner)
    stage.play_on(seconds or stage.seconds)
    killer.stop()
