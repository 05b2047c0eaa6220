"""Several actions of one kind that one action is to tell: the alerts of a group."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Part(StrEnum):
    """Why it is told: for the first time, again, beside others, or because it is over."""

    NEW = "new"
    AGAIN = "again"
    STILL = "still"
    RESOLVED = "resolved"


@dataclass(frozen=True, kw_only=True)
class Told(Generic[A]):
    """One of them. `since`: it began; `until`: it is over; `times`: so many events said so."""

    action: A
    part: Part
    since: datetime
    until: datetime | None = None
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class Gathering(Generic[A]):
    """What is told together, the most important first, one at least. `counts` are of all of it, also
    of what is not among the `members`. `note`: why it comes now, or how it goes on.
    """

    title: str
    counts: Mapping[Part, int]
    members: Sequence[Told[A]] = field(default=())
    note: str = ""

    def of(self, change: Callable[[A], B]) -> "Gathering[B]":
        """The same, something else in place of each action."""
        members = [
            Told(
                action=change(one.action),
                part=one.part,
                since=one.since,
                until=one.until,
                times=one.times,
            )
            for one in self.members
        ]
        return Gathering(title=self.title, counts=self.counts, members=members, note=self.note)

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def head(self) -> str:
        """`Incidents in CLOUD: 2 new, 1 still there, 3 resolved`."""
        new, over = self.counts.get(Part.NEW, 0), self.counts.get(Part.RESOLVED, 0)
        numbers = {"new": new, "still there": self.count - new - over, "resolved": over}
        said = ", ".join(f"{number} {word}" for word, number in numbers.items() if number)
        return f"{self.title}: {said}"
