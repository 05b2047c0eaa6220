"""How much a rule has written, and what that is beside its caps. Pure."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from bridge.canonical.caps import Caps, number
from bridge.outbox.tables import DeliveryRow

HOUR = timedelta(hours=1)
FEW = 50  # fields that had a value: a share of less says nothing
SLICE = 20  # parts of a cap: a node tells the others after each
Place = tuple[str, str, str]  # rule, step, record


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """Writes; fields among what they set that had a value before, and those that get another."""

    writes: int = 0
    known: int = 0
    overwritten: int = 0

    def __add__(self, other: "Use") -> "Use":
        return Use(
            writes=self.writes + other.writes,
            known=self.known + other.known,
            overwritten=self.overwritten + other.overwritten,
        )

    def __sub__(self, other: "Use") -> "Use":
        return self + Use(writes=-other.writes, known=-other.known, overwritten=-other.overwritten)


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A delivery of a rule that is about to be owed, and what it adds to the rule's use."""

    row: DeliveryRow
    caps: Caps
    use: Use

    @cached_property
    def place(self) -> Place:
        return place_of(self.row)


def place_of(row: DeliveryRow) -> Place:
    """Whose turn a write of one step is: the record it addresses, or the event's own."""
    return row.rule, row.step, row.target_ref or row.target_link or row.subject


def part(cap: float, parts: int) -> float:
    """So much of a cap, at least one write."""
    return cap if math.isinf(cap) else max(1.0, cap // parts)


def beyond(use: Use, caps: Caps) -> str:
    """Why a rule with this use in an hour goes beyond a cap, in words; empty if it does not."""
    writes, share = number(caps.writes_per_hour), number(caps.overwrites)
    if use.writes > writes:
        return f"more than {writes:.0f} writes in an hour (cap writes_per_hour)"
    if use.known >= FEW and use.overwritten > share * use.known:
        return (
            f"{use.overwritten} of {use.known} fields that had a value got another in an hour,"
            f" more than the share {share:g} (cap overwrites)"
        )
    return ""


def beyond_at_record(times: Collection[object], caps: Caps, place: Place) -> str:
    """Why so many writes of a step to one record in an hour are too many; empty if they are not."""
    most = number(caps.per_record)
    if len(times) <= most:
        return ""
    _, step, record = place
    return f"more than {most:.0f} writes of {step} to {record} in an hour (cap per_record)"
