"""The leader's duties: say alarms, notice silence, keep gauges true, repair, thin what is old."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bridge.access import repeats
from bridge.access.tables import AuditRow
from bridge.alarms import store as alarms
from bridge.alarms.addresses import Means, beat
from bridge.alarms.crier import cry
from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageRow, MessageState
from bridge.leadership.clockwork import Clockwork, Told
from bridge.leadership.jobs import Errand, Job, Work
from bridge.leadership.trigger import every
from bridge.ledger.tables import SeenEventRow
from bridge.metrics import Metrics
from bridge.outbox import connection, ordering
from bridge.outbox import store as outbox
from bridge.outbox.tables import AttemptRow, DeliveryRow, State
from bridge.pipeline.world import World
from bridge.rules import store as rules
from bridge.settings import BridgeFile, Retention

CHUNK = 1_000  # rows thinned in one transaction
SILENT_GAPS = 10  # times the usual gap between messages
SILENT_AT_LEAST = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Duties:
    """What one node does while it leads."""

    world: World
    file: BridgeFile
    metrics: Metrics
    node: str

    def clockwork(self) -> Clockwork:
        """Everything by the clock; its `tick` is called once a second."""
        return Clockwork(
            database=self.world.database,
            clock=self.world.clock,
            node=self.node,
            works=self._works(),
            told=Told(failed=self._failed, mended=self._mended),
            database_time=self.world.database.now,
        )

    def refresh_gauges(self, *, leads: bool) -> None:
        """On every node: what the database says now, and whether this one leads."""
        now = self.world.clock.now()
        self.metrics.leads(leader=leads)
        with self.world.database.reading() as session:
            states = connection.rows(session)
            self.metrics.refresh(
                needs_person={
                    "bad_message": inbox.count(session, MessageState.BAD),
                    "dead": outbox.open_count(session, {State.DEAD}),
                    "held": outbox.open_count(session, {State.HELD}),
                    "rule_error": rules.errors(session),
                },
                open_deliveries=outbox.counts(session),
                oldest_due_seconds={
                    name: max(0.0, (now - since).total_seconds())
                    for name, since in ordering.oldest_due(session).items()
                },
                up={name: row.state == connection.OPEN for name, row in states.items()},
                inbox_pending=inbox.count(session, MessageState.PENDING),
            )

    def _works(self) -> Sequence[Work]:
        works: list[Work] = [
            Errand(name="alarms", trigger=every(timedelta(seconds=5)), run=self._cry),
            Job(name="silence", trigger=every(timedelta(minutes=1)), run=self._silence),
            Job(name="ordering", trigger=every(timedelta(minutes=1)), run=self._repair),
            Job(name="retention", trigger=every(timedelta(minutes=5)), run=self._thin),
        ]
        heartbeat = self.file.heartbeat
        if heartbeat is not None:
            works.append(
                Errand(
                    name="heartbeat",
                    trigger=every(heartbeat.every),
                    run=lambda _: beat(heartbeat),
                )
            )
        return works

    def _cry(self, _: datetime) -> None:
        with self.world.database.reading() as session:
            states = connection.rows(session)
        broken = frozenset(name for name, row in states.items() if row.state != connection.OPEN)
        cry(
            self.world.database,
            self.file.alarms,
            broken=broken,
            means=Means(post_to_channel=self._post),
            now=self.world.clock.now(),
        )

    def _post(self, name: str, channel: str, title: str, text: str, link: str) -> None:
        kind = self.world.actions["teams.post_card"]
        card = kind.model_validate(
            {
                "channel": channel,
                "title": title,
                "text": text,
                "link": link,
                "severity": "attention",
            }
        )
        card.run(self.world.connections[name].client, "alarm")

    def _silence(self, session: Session, _: datetime) -> None:
        """No message for ten times the usual gap: something upstream may be off."""
        now = self.world.clock.now()
        for name, row in connection.rows(session).items():
            connected = self.world.connections.get(name)
            if connected is None or row.last_message_at is None:
                continue
            hours = connected.settings.silent_after
            usual = timedelta(seconds=SILENT_GAPS * (row.gap_seconds or 0))
            limit = timedelta(hours=hours) if hours else max(usual, SILENT_AT_LEAST)
            if now - row.last_message_at > limit:
                alarms.lower(
                    session,
                    f"silent:{name}",
                    kind="silent",
                    text=f"no message from {name} since {row.last_message_at:%Y-%m-%d %H:%M} UTC",
                    remedy="look whether its webhooks are still registered and reach us",
                    link="",
                    now=now,
                )
            else:
                alarms.lift(session, f"silent:{name}", text=f"{name} is heard again", now=now)

    def _repair(self, session: Session, _: datetime) -> None:
        wrong = ordering.disagreeing(session)
        if wrong:
            ordering.resettle(session, wrong)
            self.metrics.repaired(len(wrong))

    def _thin(self, session: Session, _: datetime) -> None:
        now = self.world.clock.now()
        inbox.forget_identities(session, now=now)
        repeats.expire(session, now=now)
        thin(session, self.file.retention, now=now)

    def _failed(self, session: Session, job: str, reason: str) -> None:
        alarms.lower(
            session,
            f"job:{job}",
            kind="error",
            text=f"the job {job} failed: {reason}",
            remedy="it is tried again by itself; if this stays, the log says more",
            link="",
            now=self.world.clock.now(),
        )

    def _mended(self, session: Session, job: str) -> None:
        now = self.world.clock.now()
        alarms.lift(session, f"job:{job}", text=f"the job {job} works again", now=now)


def thin(session: Session, keep: Retention, *, now: datetime) -> None:
    """One chunk of each class that is older than it is kept; bodies go before the rows they are of.

    Events, changes and records stay for now: what counts them is not there yet.
    """

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    done = (State.PENDING, State.IN_FLIGHT, State.WAITING, State.HELD, State.DEAD)
    bodies = (
        select(MessageRow.seq)
        .where(
            MessageRow.received_at < before(keep.bodies),
            MessageRow.body.is_not(None),
            MessageRow.state.in_((MessageState.TRANSLATED, MessageState.IGNORED)),
        )
        .limit(CHUNK)
    )
    session.execute(
        update(MessageRow).where(MessageRow.seq.in_(bodies)).values(body=None, headers=None)
    )
    over = select(DeliveryRow.id).where(DeliveryRow.state.not_in(done))
    attempts = (
        select(AttemptRow.seq)
        .where(AttemptRow.started_at < before(keep.attempts), AttemptRow.delivery_id.in_(over))
        .limit(CHUNK)
    )
    session.execute(delete(AttemptRow).where(AttemptRow.seq.in_(attempts)))
    audits = select(AuditRow.seq).where(AuditRow.at < before(keep.audit)).limit(CHUNK)
    session.execute(delete(AuditRow).where(AuditRow.seq.in_(audits)))
    seen = select(SeenEventRow.event_id).where(SeenEventRow.seen_at < before(keep.seen))
    session.execute(delete(SeenEventRow).where(SeenEventRow.event_id.in_(seen.limit(CHUNK))))
