"""Which deliveries of one ordering key go out in one call, and what becomes of each. Pure.

Only adjacent ones merge, the oldest first, and only if each would do nothing but set fields of the
same record. What goes along was never tried, and stays pending in the database until the call has
ended: a crash loses nothing. What is refused is split, and each of it tried alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.connectors.action import Action
from bridge.outbox.tables import State

MOST = 50  # deliveries in one merged call
Owed = tuple[int, str, Action[Any]]  # seq and id of a delivery, and its action


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A delivery in the queue of its key, as far as merging must know it.

    `order`: the place of its event among all that were recorded; `None` for one that has no event.
    """

    seq: int
    id: str
    order: int | None
    rule: str
    connection: str
    action: str
    batch: str
    args: Mapping[str, Any]
    state: str
    claims: int
    tries: int
    alone: bool
    find_first: bool
    replay_id: str
    link_id: str | None
    hold_id: str | None
    not_before: datetime
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """The newest that was written at a key: of deliveries, and of their events."""

    seq: int = 0
    order: int = 0

    def is_newer_than(self, seq: int, order: int | None) -> bool:
        return self.seq > seq or (order is not None and self.order > order)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One delivery whose fields are in a merged call."""

    seq: int
    id: str
    fields: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Merged:
    """The action that goes out, and whose it is: the first of `parts` is the head.

    `left_out`: what of it newer ones have written since, in words.
    """

    action: Action[Any]
    left_out: str = ""
    parts: tuple[Part, ...] = ()  # empty where nothing goes along
    told: Mapping[str, Any] | None = None  # goes into its result


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """How a delivery ends whose fields were in another's call. `by` is that other, or a newer one."""

    seq: int
    state: State
    by: str
    reason: str


def along(queue: Sequence[Member], written: Written, *, due: datetime) -> tuple[Member, ...]:
    """Those of a key's queue that may go out with its first.

    What came back behind something newer goes alone, since it may have to give way; so does what
    somebody replays. Events that were decided at the same time may have owed in another order.
    """
    taken: list[Member] = []
    newest = written
    for one in queue[:MOST]:
        fits = _may_follow(one, taken[0], due) if taken else _may_lead(one)
        if not fits or newest.is_newer_than(one.seq, one.order):
            break
        taken.append(one)
        newest = Written(seq=one.seq, order=max(newest.order, one.order or 0))
    return tuple(taken[1:])


def merge(first: Owed, others: Iterable[Owed]) -> Merged:
    """As many of the others as merge with the first one's action, in their order."""
    seq, delivery, whole = first
    sets = whole.sets()
    if sets is None:
        return Merged(action=whole)
    parts = [Part(seq=seq, id=delivery, fields=frozenset(sets))]
    for seq, delivery, later in others:
        said = later.sets()
        both = whole.merged(later) if type(later) is type(whole) and said is not None else None
        if both is None or said is None:
            break
        whole = both
        parts.append(Part(seq=seq, id=delivery, fields=frozenset(said)))
    return Merged(action=whole, parts=tuple(parts) if len(parts) > 1 else ())


def fates(parts: Sequence[Part], *, spared: bool = False) -> list[Fate]:
    """What becomes of all but the last, when the call went well: the last one stands for it.

    One whose every field was said again by those after it never went out: it is superseded, by the
    first that says all of it if there is one. The others went out inside the call, or are unchanged
    as the last one is, if the call was `spared`, since it would have changed nothing.
    """
    found: list[Fate] = []
    said: frozenset[str] = frozenset()
    for place in range(len(parts) - 2, -1, -1):
        said |= parts[place + 1].fields
        found.append(_fate(parts[place], parts[place + 1 :], said, spared=spared))
    return found[::-1]


def _fate(part: Part, later: Sequence[Part], said: frozenset[str], *, spared: bool) -> Fate:
    last = later[-1]
    if not part.fields <= said and spared:
        reason = f"nothing was sent, as for {last.id}: the record shows these values already"
        return Fate(seq=part.seq, state=State.UNCHANGED, by=last.id, reason=reason)
    if not part.fields <= said:
        reason = f"went out in the call of {last.id}"
        return Fate(seq=part.seq, state=State.MERGED, by=last.id, reason=reason)
    whole = next((one for one in later if part.fields <= one.fields), last)
    reason = f"{whole.id} says all of it, and is newer"
    if not part.fields <= whole.fields:
        reason = f"newer ones say all of it, up to {whole.id}"
    return Fate(seq=part.seq, state=State.SUPERSEDED, by=whole.id, reason=reason)


def _may_lead(one: Member) -> bool:
    """It may have been tried: what is repeated after a lost answer says again what was said then."""
    return not (one.alone or one.find_first or one.replay_id or one.link_id)


def _may_follow(one: Member, first: Member, due: datetime) -> bool:
    untried = one.state == State.PENDING and not one.tries and not one.claims
    ready = one.not_before <= due and (one.expires_at is None or one.expires_at > due)
    return (
        untried and ready and one.hold_id is None and _kind(one) == _kind(first) and _may_lead(one)
    )


def _kind(one: Member) -> tuple[str, str, str]:
    return one.connection, one.action, one.batch
