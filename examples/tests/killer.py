"""Kills and freezes parts of a pattern at random moments, from a seed, and brings them back."""

import time


class Part:
    """A part that may die: `start` makes its actor anew."""

    def __init__(self, start, ways=("kill", "freeze", "end")):
        self.start, self.ways = start, ways
        self.actor = start()
        self.down = False


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
        if part.down or sum(p.down for p in self.parts) >= self.most:
            return
        part.down = True
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
                part.actor = part.start()

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
