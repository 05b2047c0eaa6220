"""What is old of alarms, alerts, silences and the audit."""

from sqlalchemy import delete, exists, select, text
from sqlalchemy.orm import Session

from bridge.access.tables import AuditRow
from bridge.alarms.tables import AlarmRow
from bridge.alarms.tables import State as AlarmState
from bridge.alerts.tables import AlertRow, CardRow, GroupRow, RaisedRow, SilenceRow
from bridge.duties.retention.cut import Cut, Done, gone_of
from bridge.ledger.tables import CounterpartRow, CounterpartWaitRow


def alarms(session: Session, cut: Cut) -> Done:
    """Alarms that are over, and said to be, go with the events."""
    old = select(AlarmRow.seq).where(
        AlarmRow.state == AlarmState.UP,
        AlarmRow.said == AlarmState.UP,
        AlarmRow.updated_at < cut.before(cut.keep.events),
    )
    return gone_of(session, AlarmRow.seq, session.scalars(old.limit(cut.chunk)).all())


def alerts(session: Session, cut: Cut) -> Done:
    """Alerts that are over go with the events, and with each which events said so."""
    before, over = cut.before(cut.keep.events), text("ended_at IS NOT NULL")
    old = cut.next_old(session, AlertRow.id, AlertRow.ended_at, over, before=before)
    if old:
        session.execute(delete(RaisedRow).where(RaisedRow.alert_id.in_(old)))
    return gone_of(session, AlertRow.id, old)


def alert_groups(session: Session, cut: Cut) -> Done:
    """Groups that have nothing to do and no alert left."""
    left = exists().where(AlertRow.group_id == GroupRow.id)
    before = cut.before(cut.keep.events)
    old = cut.next_old(session, GroupRow.seq, GroupRow.updated_at, before=before)
    return gone_of(session, GroupRow.seq, old, GroupRow.look_at.is_(None), ~left)


def alert_cards(session: Session, cut: Cut) -> Done:
    """Cards of alerts: which told what."""
    old = cut.next_old(session, CardRow.seq, CardRow.at, before=cut.before(cut.keep.events))
    return gone_of(session, CardRow.seq, old)


def silences(session: Session, cut: Cut) -> Done:
    """Silences that are over go with the audit: they say who wanted it so."""
    before = cut.before(cut.keep.audit)
    old = cut.next_old(session, SilenceRow.seq, SilenceRow.ends_at, before=before)
    return gone_of(session, SilenceRow.seq, old)


def audits(session: Session, cut: Cut) -> Done:
    """The audit goes."""
    old = cut.next_old(session, AuditRow.seq, AuditRow.at, before=cut.before(cut.keep.audit))
    return gone_of(session, AuditRow.seq, old)


def counterparts(session: Session, cut: Cut) -> Done:
    """Who was not met for as long as attempts are kept; met again, they are looked up again."""
    before = cut.before(cut.keep.attempts)
    old = select(CounterpartRow.id).where(CounterpartRow.last_at < before).limit(cut.chunk)
    ids = session.scalars(old).all()
    if ids:
        waits = delete(CounterpartWaitRow).where(CounterpartWaitRow.counterpart_id.in_(ids))
        session.execute(waits)
    return gone_of(session, CounterpartRow.id, ids)
