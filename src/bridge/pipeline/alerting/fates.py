"""What became of the alerts that an event raised, in words: told with others, waiting, over."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.alerts import silences
from bridge.alerts.machine import State
from bridge.alerts.raising import sign_id
from bridge.alerts.silences import Silence
from bridge.alerts.tables import AlertRow, GroupRow, RaisedRow
from bridge.outbox import connection as connections
from bridge.rules.explain import moment

Key = tuple[str, str, str]  # rule, step and target


def told_together(
    session: Session, event_id: str, writes: Sequence[Key], *, now: datetime
) -> dict[Key, tuple[str, ...]]:
    """By write: sentences. Nothing of a write that is owed by itself, or raised nothing."""
    query = (
        select(RaisedRow.id, AlertRow, GroupRow)
        .join(AlertRow, AlertRow.id == RaisedRow.alert_id)
        .join(GroupRow, GroupRow.id == AlertRow.group_id)
        .where(RaisedRow.event_id == event_id)
    )
    found = session.execute(query).all()
    active = silences.active(session, now=now) if found else []
    raised = {sign: tuple(_words(alert, group, active)) for sign, alert, group in found}
    ids = {key: sign_id(event_id, *key) for key in writes}
    return {key: raised[one] for key, one in ids.items() if one in raised}


def groups_of(session: Session, event_id: str) -> list[str]:
    """The groups of the alerts that this event raised, or was one more sign of."""
    query = (
        select(AlertRow.group_id)
        .join(RaisedRow, AlertRow.id == RaisedRow.alert_id)
        .where(RaisedRow.event_id == event_id)
        .distinct()
    )
    return sorted(session.scalars(query))


def _words(alert: AlertRow, group: GroupRow, active: Sequence[Silence]) -> Iterator[str]:
    silence = silences.silencing(active, alert.labels) if alert.state != State.OVER else None
    if silence is not None:
        yield f"silenced by {silence.id} until {moment(silence.ends_at)}"
    where = connections.spoken(group.receiver)
    if alert.told_at is not None:
        card = f" ({alert.delivery_id})" if alert.delivery_id else ""
        yield f"told together with others of its group in {where} at {moment(alert.told_at)}{card}"
    match State(alert.state):
        case State.PENDING:
            yield f"an alert: told in {where} if it still holds at {moment(alert.ready_at)}"
        case State.FIRING if alert.held_back:
            yield f"an alert that is held back: nothing may be said in {where} now"
        case State.FIRING if alert.told_at is None:
            when = f" at {moment(group.look_at)}" if group.look_at else ""
            yield f"an alert: to be told in {where} together with others of its group{when}"
        case State.OVER if alert.ended_at is not None:
            yield f"over since {moment(alert.ended_at)}: {alert.reason}"
        case State.RESOLVED if alert.resolved_at is not None:
            yield f"over since {moment(alert.resolved_at)}; that is still to be told"
    if alert.times > 1:
        yield f"{alert.times} events said the same"
