"""Whether something newer was written at the same place: what comes behind it would go backwards."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from bridge.connectors.action import Action, Repeat
from bridge.errors import PermanentError
from bridge.ledger.tables import EventRow
from bridge.outbox.arming import Actions, action_of
from bridge.outbox.coalescing import Written
from bridge.outbox.tables import OPEN, DeliveryRow, State
from bridge.replays import store as replays

LOOK_BACK = 1_000  # deliveries: what events that are decided at the same time may owe
_WRITTEN = frozenset({State.SUCCEEDED, State.UNCHANGED, State.ACCEPTED, State.MERGED})


def newer(
    session: Session,
    delivery: DeliveryRow,
    actions: Actions,
    *,
    or_open: bool = False,
    or_these: ColumnElement[bool] | None = None,
) -> DeliveryRow | None:
    """What went well of later events and says all this one says, one or several: the newest of it.

    Ours would go backwards. Only what sets a state can: a comment, a card or a create adds something,
    and is never too late. With `or_open` one that is still to go counts as well: for what would queue
    up behind it.
    """
    kind = actions.get(delivery.action)
    if kind is not None and (kind.repeat is not Repeat.SAFE or kind.adds):
        return None
    mine, said = _fields(delivery, actions), set[str]()
    first: DeliveryRow | None = None
    states = _WRITTEN | (OPEN if or_open else frozenset())
    for row in _later(session, delivery, states, or_these=or_these):
        fields = _fields(row, actions)
        if mine <= fields or (kind is not None and kind.moves):
            return row
        first, said = first or row, said | fields
    together = kind is not None and kind.fields_from is not None and mine <= said
    return first if together else None


def left(
    session: Session, delivery: DeliveryRow, action: Action[Any], actions: Actions
) -> tuple[Action[Any], str]:
    """The action without the fields that newer ones have written since, and what was left out.

    What would be empty then stays as it is, and so does what cannot go without some of its fields.
    """
    sets = action.sets()
    if sets is None:
        return action, ""
    since = {
        name: row.id
        for row in reversed(_later(session, delivery, _WRITTEN))
        for name in _sets(row, actions)
        if name in sets
    }
    rest = action.without(since) if since and since.keys() < sets.keys() else None
    if rest is None:
        return action, ""
    return rest, "; ".join(
        f"without {name}, which {by} has written since" for name, by in since.items()
    )


def _later(
    session: Session,
    delivery: DeliveryRow,
    states: Collection[State],
    *,
    or_these: ColumnElement[bool] | None = None,
) -> Sequence[DeliveryRow]:
    """Deliveries of its action and place in these states that are newer, the newest first.

    Events count in the order in which they were recorded, since a replay is younger than what it
    says; where there is no event, deliveries do.
    """
    own = session.scalar(select(EventRow.seq).where(EventRow.id == delivery.event_id))
    later = DeliveryRow.seq > (delivery.seq or 0) if own is None else EventRow.seq > own
    fits = DeliveryRow.state.in_(sorted(states))
    query = (
        select(DeliveryRow)
        .outerjoin(EventRow, EventRow.id == DeliveryRow.event_id)
        .where(
            DeliveryRow.ordering_key == delivery.ordering_key,
            DeliveryRow.id != delivery.id,
            DeliveryRow.action == delivery.action,
            fits if or_these is None else or_(fits, or_these),
            later,
        )
        .order_by(DeliveryRow.seq.desc())
    )
    return session.scalars(query).all()


@dataclass(frozen=True, kw_only=True)
class Past:
    """By the seq of a head: the newest that its key has written, and which heads may be older."""

    written: Mapping[int, Written]
    suspects: frozenset[int]


def past(session: Session, heads: Collection[DeliveryRow]) -> Past:
    """What the keys of these heads have written of their actions. A long history is not read.

    Suspects, for a closer look, are replays always; others where a later delivery went well, or one
    of a later event: events that are decided at the same time may owe in another order.
    """
    if not heads:
        return Past(written={}, suspects=frozenset())
    replays = frozenset(row.seq for row in heads if row.replay_id)
    found = session.execute(_newest(), {"heads": sorted(row.seq for row in heads)}).all()
    written = {seq: Written(seq=later, order=order or 0) for seq, _, later, order in found}
    behind = {seq for seq, own, _, _ in found if written[seq].is_newer_than(seq, own)}
    return Past(written=written, suspects=replays | behind)


def is_forced(session: Session, delivery: DeliveryRow) -> bool:
    """Replayed by somebody who wants it sent although newer state went out since."""
    found = replays.one(session, delivery.replay_id) if delivery.replay_id else None
    return found is not None and bool(found.options.get("force"))


def _fields(delivery: DeliveryRow, actions: Actions) -> set[str]:
    """Names of what a delivery sets: as its action names them, else as they are written."""
    sets = _sets(delivery, actions)
    if sets:
        return set(sets)
    kind = actions.get(delivery.action)
    inner = kind.fields_from if kind else None
    names = {f".{name}" for name in delivery.args if name != inner}
    return names | set(delivery.args.get(inner or "", {}))


def _sets(row: DeliveryRow, actions: Actions) -> Collection[str]:
    """As the action itself names its fields; of one that cannot be built, nothing."""
    try:
        return action_of(row, actions).sets() or ()
    except PermanentError:
        return ()


@cache
def _newest() -> Select[int, int, int, int]:
    """Head, the place of its event, and of what went well at its key the newest delivery and event."""
    later, own_event, its_event = aliased(DeliveryRow), aliased(EventRow), aliased(EventRow)
    return (
        select(DeliveryRow.seq, own_event.seq, func.max(later.seq), func.max(its_event.seq))
        .join(later, later.ordering_key == DeliveryRow.ordering_key)
        .outerjoin(own_event, own_event.id == DeliveryRow.event_id)
        .outerjoin(its_event, its_event.id == later.event_id)
        .where(
            DeliveryRow.seq.in_(bindparam("heads", expanding=True)),
            later.seq > DeliveryRow.seq - LOOK_BACK,
            later.seq != DeliveryRow.seq,
            later.action == DeliveryRow.action,
            later.state.in_(sorted(_WRITTEN)),
        )
        .group_by(DeliveryRow.seq, own_event.seq)
    )
