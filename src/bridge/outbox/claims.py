"""A claim of a delivery, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bridge.connectors.limits import Window
from bridge.exchange import Exchange
from bridge.outbox.coalescing import Member, Part
from bridge.outbox.shadow import Shadow
from bridge.outbox.tables import (
    DeliveryRow,
    OrderingKeyRow,
    State,
)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A delivery whose key is ours until `until` (monotonic seconds). `rescued`: another began it.

    `may_kill`: several that had it in hand have died. It is begun when no other such is under way,
    and counted only then.
    """

    delivery: DeliveryRow
    key: str
    fence: int
    until: float
    rescued: bool
    may_kill: bool = False
    behind: bool = False  # something newer may have been written: it may have come back
    urgent: bool = False  # it, or one behind it that it keeps waiting
    probe: str = ""  # the connection or part that is down, and tried with this
    along: tuple[Member, ...] = ()  # may go out with it, still pending
    shadow: str | None = None  # what the key's last write left


@dataclass(frozen=True, kw_only=True)
class End:
    """How a claim ended. `wait` applies to a delivery that goes back to pending."""

    state: State
    outcome: str  # as the attempt log names it
    reason: str = ""
    kind: str = ""
    code: str = ""
    wait: timedelta = timedelta(0)
    result: Mapping[str, Any] | None = None
    superseded_by: str | None = None
    find_first: bool = False
    misses: int = 0
    uncertain: bool = False
    spends_try: bool = True
    seconds: float = 0.0
    exchanges: Sequence[Exchange] = field(default_factory=tuple)
    away: timedelta = timedelta(0)  # the vendor said for how long not to come
    pause: bool = False  # the credentials are bad: pause the connection, or this part of it
    part: str = ""
    hold_id: str | None = None  # that it goes into
    alone: bool = False  # refused among others: in no call with others again
    parts: Sequence[Part] = ()  # of a merged call, which went well or, if `alone`, is split
    batch: str | None = None  # the bulk call that it was in
    paces: Sequence[Window] = ()  # its vendor's limits on the writes of one record
    called: bool = True  # false: nothing was asked of the vendor, so there is no attempt to log
    left: Shadow | None = None  # at its record, if it went well


def still_held(key: OrderingKeyRow | None, claimed: Claimed) -> OrderingKeyRow | None:
    """The key, if this claim's lease still is the one that counts."""
    if key is None or key.fence != claimed.fence or key.leased_until is None:
        return None
    return key
