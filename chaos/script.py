"""The weather of one round, drawn from its seed: what befalls whom, when, and for how long. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from typing_extensions import override

from chaos.pace import TERM

VENDORS = ("jira", "salesforce", "teams")


class Blow(StrEnum):
    """What may befall a node, the database or a vendor.

    kill        SIGKILL; started again after a while
    stillborn   SIGKILL, started again, and killed while it starts
    freeze      SIGSTOP for longer than its leases, then SIGCONT
    stop        SIGTERM, as a rolling upgrade does; started again
    clock       its wall clock steps, and steps back later
    fast, immediate, crash    PostgreSQL is shut down with its books closed, without, or killed
    refused     nobody listens at the vendor's port
    outage      the vendor answers 5xx
    hang        the vendor does not answer within our deadline, and has done nothing
    ambiguous   the vendor does it and its answer is lost, or it does nothing, with a 5xx or a cut
    limited     the vendor says 429, with Retry-After where it sends one
    """

    KILL = "kill"
    STILLBORN = "stillborn"
    FREEZE = "freeze"
    STOP = "stop"
    CLOCK = "clock"
    FAST = "fast"
    IMMEDIATE = "immediate"
    CRASH = "crash"
    REFUSED = "refused"
    OUTAGE = "outage"
    HANG = "hang"
    AMBIGUOUS = "ambiguous"
    LIMITED = "limited"


OF_NODES = {Blow.KILL: 5, Blow.STILLBORN: 2, Blow.FREEZE: 3, Blow.STOP: 1, Blow.CLOCK: 2}
OF_DATABASES = {Blow.FAST: 1, Blow.IMMEDIATE: 1, Blow.CRASH: 1}
OF_VENDORS = {
    Blow.REFUSED: 2,
    Blow.OUTAGE: 2,
    Blow.HANG: 1,
    Blow.AMBIGUOUS: 4,
    Blow.LIMITED: 1,
}
LENGTHS = {  # seconds: least and most
    Blow.KILL: (0.0, 2.0),
    Blow.STILLBORN: (0.2, 4.0),
    Blow.FREEZE: (TERM.total_seconds() + 0.5, TERM.total_seconds() + 4.0),
    Blow.STOP: (0.0, 1.0),
    Blow.CLOCK: (3.0, 10.0),
    Blow.FAST: (0.0, 0.0),
    Blow.IMMEDIATE: (0.0, 0.0),
    Blow.CRASH: (0.0, 0.0),
    Blow.REFUSED: (0.5, 5.0),
    Blow.OUTAGE: (0.5, 6.0),
    Blow.HANG: (2.0, 6.0),
    Blow.AMBIGUOUS: (2.0, 8.0),
    Blow.LIMITED: (1.0, 4.0),
}
WRONG_BY = 20.0  # seconds: half an hour at the town's pace


@dataclass(frozen=True, kw_only=True)
class Gust:
    """One blow. `at` and `lasts` in seconds, `whom` a node or a vendor, `by` what a clock is wrong by."""

    at: float
    blow: Blow
    whom: str = ""
    lasts: float = 0.0
    by: float = 0.0

    @override
    def __str__(self) -> str:
        what = f"{self.at:5.1f} s  {self.blow} {self.whom} for {self.lasts:.1f} s"
        return f"{what}, by {self.by:+.1f} s" if self.by else what


def draw(seed: int, *, nodes: Sequence[str], postgresql: bool, seconds: float) -> list[Gust]:
    """The weather of a round of so many seconds, one blow every two or so, in order of time."""
    random = Random(seed)
    weights = {**OF_NODES, **OF_VENDORS, **(OF_DATABASES if postgresql else {})}
    blows = list(weights)
    gusts = []
    at = random.uniform(0.5, 2.0)
    while at < seconds:
        blow = random.choices(blows, [weights[one] for one in blows])[0]
        whom = _whom(blow, random, nodes)
        lasts = random.uniform(*LENGTHS[blow])
        by = random.uniform(-WRONG_BY, WRONG_BY) if blow is Blow.CLOCK else 0.0
        gusts.append(Gust(at=at, blow=blow, whom=whom, lasts=lasts, by=by))
        at += random.uniform(0.5, 3.5)
    return gusts


def _whom(blow: Blow, random: Random, nodes: Sequence[str]) -> str:
    if blow in OF_NODES:
        return random.choice(nodes)
    return random.choice(VENDORS) if blow in OF_VENDORS else ""
