"""What caps would fit a rule, learnt from how much it wrote. A person accepts them, or does not. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.canonical.caps import NONE, Caps
from bridge.insight.percentile import percentile
from bridge.pipeline.caps.use import FEW

ENOUGH = timedelta(days=3)  # of history, before anything is proposed
ROOM = 2  # times the most there ever was
LEAST_WRITES, LEAST_AT_RECORD = 100, 10
LEAST_KNOWN = 4 * FEW  # fields, before a share is proposed
SHARE_ROOM, SHARE_STEP, MOST_SHARE = 0.1, 0.05, 0.9
_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0)


@dataclass(frozen=True, kw_only=True)
class Hour:
    """What a rule wrote in one hour. `most`: to one record, by one step."""

    since: datetime
    writes: int
    known: int
    overwritten: int
    most: int

    @property
    def share(self) -> float | None:
        """Of the fields that had a value, those that got another; `None` of too few."""
        return self.overwritten / self.known if self.known >= FEW else None


@dataclass(kw_only=True)
class Learnt:
    """The hours in which a rule wrote, as far back as there is history."""

    hours: list[Hour] = field(default_factory=list)

    @property
    def since(self) -> datetime | None:
        return min((hour.since for hour in self.hours), default=None)

    @property
    def most(self) -> int:
        """Writes in one hour."""
        return max((hour.writes for hour in self.hours), default=0)

    @property
    def p99(self) -> int:
        """Writes that 99 of 100 of its hours did not exceed."""
        found = percentile([hour.writes for hour in self.hours], 99, by=float)
        return found or 0

    @property
    def most_at_record(self) -> int:
        return max((hour.most for hour in self.hours), default=0)

    @property
    def share(self) -> float | None:
        """The largest of any hour."""
        return max((one for hour in self.hours if (one := hour.share) is not None), default=None)

    def proposal(self, now: datetime) -> Caps | None:
        """Caps with room above all that was. `None`: there is too little history."""
        if self.since is None or now - self.since < ENOUGH:
            return None
        return Caps(
            writes_per_hour=_round(max(ROOM * self.most, LEAST_WRITES)),
            per_record=_round(max(ROOM * self.most_at_record, LEAST_AT_RECORD)),
            overwrites=self._share(),
        )

    def _share(self) -> float | None:
        """Of a rule that overwrites nearly always, its share tells nothing."""
        known = sum(hour.known for hour in self.hours)
        if self.share is None or known < LEAST_KNOWN:
            return None
        wanted = -(-(self.share + SHARE_ROOM) // SHARE_STEP) * SHARE_STEP
        return round(wanted, 2) if wanted <= MOST_SHARE else None


def better(now: Caps, proposed: Caps) -> Caps:
    """The proposal as a rule would say it: what it does not propose stays, and so does `none`."""
    told = {}
    for name in Caps.model_fields:
        mine, new = getattr(now, name), getattr(proposed, name)
        told[name] = mine if new is None or mine == NONE else new
    return Caps.model_construct(**told)


def _round(number: int) -> int:
    """Up to a number that people would choose."""
    size = 10 ** (len(str(number)) - 1)
    return next(int(step * size) for step in _STEPS if step * size >= number)
