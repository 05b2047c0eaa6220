"""Retention: what is old goes, class by class; bodies go before the rows they are of.

Never by age alone: a dead, held or open delivery keeps its event, its attempts, and whatever newer
state was written to the same record, or its replay would go backwards. Links, shadows, reservations,
latest records and rule sets stay.
"""

from collections.abc import Callable

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from bridge.access import repeats
from bridge.access.tables import AuditRow
from bridge.alarms.tables import AlarmRow
from bridge.alarms.tables import State as AlarmState
from bridge.alerts.tables import AlertRow, CardRow, GroupRow, RaisedRow, SilenceRow
from bridge.clock import Clock
from bridge.db import Database
from bridge.duties.cut import CHUNK, Cut, Done, count_of, gone_of
from bridge.duties.old_drift import differences, drifts
from bridge.inbox import store as inbox
from bridge.inbox.tables import BackfillRecordRow, BackfillRow, MessageRow, MessageState
from bridge.ledger.tables import (
    AdoptionPairRow,
    AdoptionRow,
    ChangeRow,
    CounterpartRow,
    EventRow,
    SeenEventRow,
)
from bridge.outbox.tables import (
    IN_TURN,
    OPEN,
    SET_ASIDE,
    AttemptRow,
    DeliveryRow,
    HoldRow,
    OrderingKeyRow,
    PlanRow,
    State,
    spelled,
)
from bridge.pipeline.caps.store import LEARNT_FROM, LONG, SHORT
from bridge.pipeline.caps.use import HOUR
from bridge.replays.tables import ReplayItemRow, ReplayRow
from bridge.rules.tables import DecisionRow, RuleUseRow
from bridge.settings import Retention

LEAST_CHUNK = 50
LONG_SECONDS, SHORT_SECONDS = 0.04, 0.01  # of one transaction: others write as well
MOST_ROUNDS = 2_000  # of chunks in one run; a run that stops here goes on with the next
MOST_SECONDS = 10.0  # the leader's clock does nothing else meanwhile

NEEDED = (*OPEN, State.DEAD)  # deliveries that are not over
UNDER_WAY = ("querying", "reading", "running")
BACKFILLED = ("counting", "running", "paused")  # those that are not over
READ = (MessageState.TRANSLATED, MessageState.IGNORED)


Step = Callable[[Session, Cut], Done]


def thin(
    database: Database,
    keep: Retention,
    clock: Clock,
    *,
    chunk: int = CHUNK,
    rounds: int = MOST_ROUNDS,
) -> int:
    """One run: chunk after chunk, each in a transaction of its own; how many rows went.

    A class of which a step finds less than a chunk is done for this run. A chunk that took long is
    followed by smaller ones.
    """
    cut = Cut(keep=keep, now=clock.now(), chunk=chunk)
    until = clock.monotonic() + MOST_SECONDS
    behind, total = list(STEPS), 0
    for _ in range(rounds):
        still = []
        for step in behind:
            began, asked = clock.monotonic(), cut.chunk
            with database.transaction() as session:
                done = step(session, cut)
            cut.chunk = _fitting(asked, clock.monotonic() - began, most=chunk)
            total += done.gone
            if done.looked >= asked:
                still.append(step)
        behind = still
        if not behind or clock.monotonic() >= until:
            break
    return total


def _fitting(chunk: int, seconds: float, *, most: int) -> int:
    """How many rows to take next, when so many took that long."""
    if seconds > LONG_SECONDS:
        return max(min(LEAST_CHUNK, most), chunk // 2)
    return min(most, chunk * 2) if seconds < SHORT_SECONDS else chunk


def bodies(session: Session, cut: Cut) -> Done:
    """Messages lose body and headers; those that are bad keep them until they are read again."""
    before = cut.before(cut.keep.bodies)
    has_body = MessageRow.body.is_not(None)
    old = cut.next_old(session, MessageRow.seq, MessageRow.received_at, has_body, before=before)
    blank = (
        update(MessageRow)
        # One that is to be read again must keep its body.
        .where(MessageRow.seq.in_(old), MessageRow.state.in_(READ))
        .values(body=None, headers=None)
        .returning(MessageRow.seq)
    )
    return Done(looked=len(old), gone=count_of(session, blank) if old else 0)


def exchanges(session: Session, cut: Cut) -> Done:
    """Attempts lose what went over the wire."""
    before, said = cut.before(cut.keep.bodies), AttemptRow.exchanges.is_not(None)
    old = cut.next_old(session, AttemptRow.seq, AttemptRow.started_at, said, before=before)
    blank = (
        update(AttemptRow)
        .where(AttemptRow.seq.in_(old), _over(AttemptRow.delivery_id))
        .values(exchanges=None)
        .returning(AttemptRow.seq)
    )
    return Done(looked=len(old), gone=count_of(session, blank) if old else 0)


def attempts(session: Session, cut: Cut) -> Done:
    """Attempts go."""
    before = cut.before(cut.keep.attempts)
    old = cut.next_old(session, AttemptRow.seq, AttemptRow.started_at, before=before)
    return gone_of(session, AttemptRow.seq, old, _over(AttemptRow.delivery_id))


def events(session: Session, cut: Cut) -> Done:
    """Events go, and with each its decisions, its deliveries and their attempts.

    One with a delivery that somebody still needs stays, and one that a rule could not decide: it
    is decided again once the rule is mended.
    """
    undecided = exists().where(
        DecisionRow.event_id == EventRow.id,
        DecisionRow.answer == "error",
        DecisionRow.mended.is_(False),
    )
    needed = exists().where(DeliveryRow.event_id == EventRow.id, _needed(DeliveryRow))
    before = cut.before(cut.keep.events)
    old = cut.next_old(session, EventRow.seq, EventRow.recorded_at, before=before)
    free = select(EventRow.id).where(EventRow.seq.in_(old), ~undecided, ~needed)
    ids = list(session.scalars(free)) if old else []
    own = select(DeliveryRow).where(DeliveryRow.event_id.in_(ids)).order_by(DeliveryRow.seq)
    owed = list(session.scalars(own.with_for_update())) if ids else []
    kept = {row.event_id for row in owed if row.state in NEEDED}  # replayed a moment ago
    gone = [one for one in ids if one not in kept]
    _forget(session, [row for row in owed if row.event_id not in kept])
    if gone:
        session.execute(delete(DecisionRow).where(DecisionRow.event_id.in_(gone)))
        session.execute(delete(EventRow).where(EventRow.id.in_(gone)))
    return Done(looked=len(old), gone=len(gone))


def lone_deliveries(session: Session, cut: Cut) -> Done:
    """Deliveries that no event brought (write-backs) go as old as events do."""
    before, lone = cut.before(cut.keep.events), text("event_id IS NULL")
    old = cut.next_old(session, DeliveryRow.seq, DeliveryRow.finished_at, lone, before=before)
    free = select(DeliveryRow).where(DeliveryRow.seq.in_(old), ~_needed(DeliveryRow))
    owed = list(session.scalars(free.order_by(DeliveryRow.seq).with_for_update())) if old else []
    gone = [row for row in owed if row.state not in NEEDED]
    _forget(session, gone)
    return Done(looked=len(old), gone=len(gone))


def messages(session: Session, cut: Cut) -> Done:
    """Messages go, thinned long before. The oldest few are looked at: numbers follow time."""
    head = select(MessageRow.seq, MessageRow.received_at).where(MessageRow.state.in_(READ))
    before = cut.before(cut.keep.events)
    rows = session.execute(head.order_by(MessageRow.seq).limit(cut.chunk))
    seqs = [row.seq for row in rows if row.received_at < before]
    return gone_of(session, MessageRow.seq, seqs, MessageRow.state.in_(READ))


def changes(session: Session, cut: Cut) -> Done:
    """The history of tracked fields goes. The oldest few are looked at, as with messages."""
    head = select(ChangeRow.seq, ChangeRow.at).order_by(ChangeRow.seq).limit(cut.chunk)
    before = cut.before(cut.keep.changes)
    seqs = [row.seq for row in session.execute(head) if row.at < before]
    return gone_of(session, ChangeRow.seq, seqs)


def audits(session: Session, cut: Cut) -> Done:
    """The audit goes."""
    old = cut.next_old(session, AuditRow.seq, AuditRow.at, before=cut.before(cut.keep.audit))
    return gone_of(session, AuditRow.seq, old)


def holds(session: Session, cut: Cut) -> Done:
    """Decided holds go with the audit: they say who decided."""
    old = select(HoldRow.id).where(
        HoldRow.state != "open", HoldRow.decided_at < cut.before(cut.keep.audit)
    )
    return gone_of(session, HoldRow.id, session.scalars(old.limit(cut.chunk)).all())


def seen(session: Session, cut: Cut) -> Done:
    """Identities of events go, but never before their event."""
    there = exists().where(EventRow.id == SeenEventRow.event_id)
    before = cut.before(cut.keep.seen)
    old = cut.next_old(session, SeenEventRow.event_id, SeenEventRow.seen_at, before=before)
    return gone_of(session, SeenEventRow.event_id, old, ~there)


def plans(session: Session, cut: Cut) -> Done:
    """Replays that were run, dropped or never run go with the events."""
    old = select(PlanRow.id).where(
        PlanRow.state != "running", PlanRow.created_at < cut.before(cut.keep.events)
    )
    return gone_of(session, PlanRow.id, session.scalars(old.limit(cut.chunk)).all())


def replays(session: Session, cut: Cut) -> Done:
    """Replays that are over, or were never run, go with the events: the oldest, its items first."""
    old = select(ReplayRow.id).where(
        ReplayRow.state.in_(("planned", "done", "cancelled")),
        ReplayRow.created_at < cut.before(cut.keep.events),
    )
    oldest = session.scalars(old.order_by(ReplayRow.seq).limit(1)).first()
    if oldest is None:
        return Done(looked=0, gone=0)
    own = ReplayItemRow.replay_id == oldest
    numbers = list(session.scalars(select(ReplayItemRow.number).where(own).limit(cut.chunk)))
    session.execute(delete(ReplayItemRow).where(own, ReplayItemRow.number.in_(numbers)))
    if len(numbers) < cut.chunk:
        session.execute(delete(ReplayRow).where(ReplayRow.id == oldest))
    return Done(looked=cut.chunk, gone=max(1, len(numbers)))  # another may be old as well


def adoptions(session: Session, cut: Cut) -> Done:
    """Adoptions that are over, or were never run, go with the events: the oldest, pairs first."""
    old = select(AdoptionRow.id).where(
        AdoptionRow.state.not_in(UNDER_WAY), AdoptionRow.created_at < cut.before(cut.keep.events)
    )
    oldest = session.scalars(old.order_by(AdoptionRow.created_at).limit(1)).first()
    if oldest is None:
        return Done(looked=0, gone=0)
    own = AdoptionPairRow.adoption_id == oldest
    numbers = list(session.scalars(select(AdoptionPairRow.number).where(own).limit(cut.chunk)))
    session.execute(delete(AdoptionPairRow).where(own, AdoptionPairRow.number.in_(numbers)))
    if len(numbers) < cut.chunk:
        session.execute(delete(AdoptionRow).where(AdoptionRow.id == oldest))
    return Done(looked=cut.chunk, gone=max(1, len(numbers)))  # another may be old as well


def backfills(session: Session, cut: Cut) -> Done:
    """Backfills that are over, or were never run, go with the events; what they had left to read goes
    with a plan that is too old to be run."""
    ended = BackfillRow.state.not_in(BACKFILLED)
    unread = exists().where(BackfillRecordRow.backfill_id == BackfillRow.id)
    left = select(BackfillRow.id).where(ended, BackfillRow.expires_at < cut.now, unread)
    found = session.scalars(left.limit(1)).first()
    if found is not None:
        own = BackfillRecordRow.backfill_id == found
        some = select(BackfillRecordRow.record_id).where(own).limit(cut.chunk)
        gone = delete(BackfillRecordRow).where(own, BackfillRecordRow.record_id.in_(some))
        session.execute(gone)
        return Done(looked=cut.chunk, gone=cut.chunk)  # there may be more
    old = select(BackfillRow.id).where(
        ended, BackfillRow.created_at < cut.before(cut.keep.events), ~unread
    )
    return gone_of(session, BackfillRow.id, session.scalars(old.limit(cut.chunk)).all())


def alarms(session: Session, cut: Cut) -> Done:
    """Alarms that are over, and said to be, go with the events."""
    old = select(AlarmRow.seq).where(
        AlarmRow.state == AlarmState.UP,
        AlarmRow.said == AlarmState.UP,
        AlarmRow.updated_at < cut.before(cut.keep.events),
    )
    return gone_of(session, AlarmRow.seq, session.scalars(old.limit(cut.chunk)).all())


def uses(session: Session, cut: Cut) -> Done:
    """How much rules wrote: short slots make up the last hour, long ones what a cap is learnt from."""
    gone = 0
    for minutes, kept in ((SHORT, HOUR * 2), (LONG, LEARNT_FROM)):
        old = RuleUseRow.minutes == minutes, RuleUseRow.since < cut.now - kept
        gone += count_of(session, delete(RuleUseRow).where(*old).returning(RuleUseRow.rule))
    return Done(looked=gone, gone=gone)


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


def counterparts(session: Session, cut: Cut) -> Done:
    """Who was not met for as long as attempts are kept; met again, they are looked up again."""
    before = cut.before(cut.keep.attempts)
    old = select(CounterpartRow.id).where(CounterpartRow.last_at < before).limit(cut.chunk)
    return gone_of(session, CounterpartRow.id, session.scalars(old).all())


def identities(session: Session, cut: Cut) -> Done:
    """Transport identities that nobody will send again, and answers kept for a day."""
    repeats.expire(session, now=cut.now)
    gone = inbox.forget_identities(session, now=cut.now, limit=cut.chunk)
    return Done(looked=gone, gone=gone)


STEPS: tuple[Step, ...] = (
    bodies,
    exchanges,
    attempts,
    events,
    lone_deliveries,
    messages,
    changes,
    audits,
    holds,
    seen,
    plans,
    replays,
    adoptions,
    backfills,
    alarms,
    uses,
    alerts,
    alert_groups,
    alert_cards,
    silences,
    counterparts,
    differences,
    drifts,
    identities,
)


def _over(delivery_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The delivery is over, or gone."""
    return ~exists().where(DeliveryRow.id == delivery_id, DeliveryRow.state.in_(NEEDED))


def _needed(row: type[DeliveryRow]) -> ColumnElement[bool]:
    """It is not over, or an older one of its ordering key is not and would be sent after it."""
    older = aliased(DeliveryRow)
    behind = [  # each way is one of two small indexes; the names in it are those of the inner table
        exists().where(older.ordering_key == row.ordering_key, older.seq < row.seq, spelled(way))
        for way in (IN_TURN, SET_ASIDE)
    ]
    return or_(row.state.in_(NEEDED), *behind)


def _forget(session: Session, rows: list[DeliveryRow]) -> None:
    """Delete deliveries with their attempts, and ordering keys that have nothing left."""
    if not rows:
        return
    ids, keys = [row.id for row in rows], sorted({row.ordering_key for row in rows})
    session.execute(delete(AttemptRow).where(AttemptRow.delivery_id.in_(ids)))
    session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(ids)))
    left = exists().where(DeliveryRow.ordering_key == OrderingKeyRow.key)
    idle = and_(OrderingKeyRow.due_at.is_(None), OrderingKeyRow.leased_until.is_(None))
    session.execute(delete(OrderingKeyRow).where(OrderingKeyRow.key.in_(keys), idle, ~left))
