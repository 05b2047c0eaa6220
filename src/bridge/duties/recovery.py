"""Recovery: alarms whose reason is gone are lifted, whoever mended it and wherever."""

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bridge.alarms import store as alarms
from bridge.alarms.tables import AlarmRow, State
from bridge.duties import resting
from bridge.inbox.tables import BAD, MessageRow
from bridge.ledger import links, mirrors
from bridge.outbox.connection import BROKEN, CREDENTIALS, PROBING, spoken
from bridge.outbox.hold import OPEN
from bridge.outbox.same_error import KIND
from bridge.outbox.tables import ConnectionRow, HoldRow
from bridge.pipeline.alarming import dead_over
from bridge.pipeline.syncing import conflicts
from bridge.rules.tables import FAILED, DecisionRow

FAULT_OVER = timedelta(minutes=5)  # without another 503, and with a message kept since


def lift_over(session: Session, *, now: datetime) -> None:
    """Ask of each alarm that is down whether what it says is still so."""
    query = select(AlarmRow).where(AlarmRow.state == State.DOWN).order_by(AlarmRow.seq)
    for alarm in session.scalars(query).all():
        kind, _, about = alarm.key.partition(":")
        look = _LOOKS.get(kind)
        over = look(session, about, alarm, now) if look else ""
        if over:
            alarms.lift(session, alarm.key, text=over, now=now)


def _bad(session: Session, name: str, alarm: AlarmRow, now: datetime) -> str:
    query = select(MessageRow.seq).where(text(BAD), MessageRow.connection == name)
    left = session.scalars(query.limit(1)).first()
    return "" if left else f"no message from {name} is bad any more"


def _rule(session: Session, rule: str, alarm: AlarmRow, now: datetime) -> str:
    query = select(DecisionRow.seq).where(
        text(FAILED), DecisionRow.mended.is_(False), DecisionRow.rule == rule
    )
    left = session.scalars(query.limit(1)).first()
    return "" if left else f"rule {rule} can be evaluated again"


def _dead(session: Session, about: str, alarm: AlarmRow, now: datetime) -> str:
    rule, _, name = about.rpartition(":")
    return dead_over(session, rule, name)


def _connection(session: Session, name: str, alarm: AlarmRow, now: datetime) -> str:
    """A person may have resumed it, or paused it on purpose."""
    row = session.get(ConnectionRow, name)
    return "" if row and row.state == CREDENTIALS else f"{spoken(name)} works again"


def _breaker(session: Session, name: str, alarm: AlarmRow, now: datetime) -> str:
    """The same."""
    row = session.get(ConnectionRow, name)
    return "" if row and row.state in {BROKEN, PROBING} else f"{spoken(name)} is called again"


def _held(session: Session, about: str, alarm: AlarmRow, now: datetime) -> str:
    """A person may have decided."""
    query = select(HoldRow.id).where(
        HoldRow.kind == KIND, HoldRow.about == about, HoldRow.state == OPEN
    )
    left = session.scalars(query.limit(1)).first()
    return "" if left else f"nothing of {about.replace('|', ', ')} is held any more"


def _conflict(session: Session, sync: str, alarm: AlarmRow, now: datetime) -> str:
    """All are decided, or have settled themselves."""
    query = select(HoldRow.id).where(
        HoldRow.kind == conflicts.KIND, HoldRow.rule == f"sync:{sync}", HoldRow.state == OPEN
    )
    left = session.scalars(query.limit(1)).first()
    return "" if left else f"no conflict of the sync {sync} waits any more"


def _fault(session: Session, name: str, alarm: AlarmRow, now: datetime) -> str:
    heard = session.get(ConnectionRow, name)
    taken = heard and heard.last_message_at and heard.last_message_at > alarm.updated_at
    quiet = now - alarm.updated_at >= FAULT_OVER
    return f"webhooks of {name} are taken again" if taken and quiet else ""


def _deleted(session: Session, name: str, alarm: AlarmRow, now: datetime) -> str:
    left = links.any_dead_at(session, name)
    return "" if left else f"no link to a record that was deleted at {name} is left"


def _unlinked(session: Session, name: str, alarm: AlarmRow, now: datetime) -> str:
    left = mirrors.any_gave_way(session, name)
    return "" if left else f"no link of a record of {name} stands back behind another"


def _resting(session: Session, ident: str, alarm: AlarmRow, now: datetime) -> str:
    return resting.over(session, ident)


_LOOKS = {
    "bad": _bad,
    "breaker": _breaker,
    conflicts.KIND: _conflict,
    "connection": _connection,
    "dead": _dead,
    "deleted": _deleted,
    "fault": _fault,
    "held": _held,
    "resting": _resting,
    "rule": _rule,
    "unlinked": _unlinked,
}
