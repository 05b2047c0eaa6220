"""Nodes that share a bucket and spend as fast as they may, on a clock that a test moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from bridge.connectors.limits import Window
from bridge.outbox.budgets import codec
from bridge.outbox.budgets.bucket import Bucket, take
from bridge.outbox.budgets.purse import Purse

HOLD = 2.0
START = 1_000_000.0
EPSILON = 1e-6


@dataclass
class Spend:
    at: float
    node: str
    urgent: bool


@dataclass
class Nodes:
    """`spends` are all that were ever made. The bucket goes through its stored form each time."""

    windows: tuple[Window, ...]
    reserve: float = 0.0
    now: float = START
    state: Mapping[str, object] = field(default_factory=dict)
    purses: dict[str, Purse] = field(default_factory=dict)
    spends: list[Spend] = field(default_factory=list)
    asked: int = 0
    _names: count = field(default_factory=count)  # type: ignore[type-arg]

    @property
    def bucket(self) -> Bucket:
        return codec.load(self.state, self.windows)

    def join(self) -> str:
        name = f"node-{next(self._names)}"
        self.purses[name] = Purse()
        return name

    def crash(self, name: str) -> str:
        """It is gone with what it had, and another process takes its place."""
        del self.purses[name]
        return self.join()

    def spend(self, name: str, wanted: int, *, urgent: bool = False) -> int:
        """Up to so many at once; how many it made."""
        purse = self.purses[name]
        if purse.stale(self.now):
            self.asked += 1
            bucket = self.bucket
            ask = purse.ask(name, self.now)
            purse.got(take(bucket, ask, reserve=self.reserve, now=self.now, hold=HOLD), self.now)
            self.state = codec.dump(bucket)
        made = min(wanted, purse.can(self.now, urgent=urgent))
        for _ in range(made):
            purse.spend(self.now, urgent=urgent)
            self.spends.append(Spend(self.now, name, urgent))
        if made < wanted:
            purse.short = True
        return made

    def keep_busy(self, names: list[str], seconds: float, *, step: float = 0.02) -> int:
        """Each spends all it can, again and again; how many that were."""
        before, until = len(self.spends), self.now + seconds
        while self.now < until:
            for name in names:
                self.spend(name, 1_000)
            self.now += step
        return len(self.spends) - before

    def most_in_any(self, window: Window) -> int:
        """The fullest window that there was."""
        times = [one.at for one in self.spends]
        first, fullest = 0, 0
        for last, at in enumerate(times):
            while times[first] <= at - window.seconds + EPSILON:
                first += 1
            fullest = max(fullest, last - first + 1)
        return fullest
