"""The leader's duties, each with its time; and the gauges, which every node keeps."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import structlog
from sqlalchemy.orm import Session

from bridge.alarms import store as alarms
from bridge.alarms.addresses import Means, beat
from bridge.alarms.crier import cry
from bridge.duties import resting
from bridge.duties.following import LOOK, Follower
from bridge.duties.recovery import lift_over
from bridge.duties.retention import thin
from bridge.duties.silence import listen
from bridge.duties.webhooks import look as look_at_webhooks
from bridge.duties.words import compare
from bridge.errors import RuleError
from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageState
from bridge.insight import store as insight
from bridge.leadership.clockwork import Clockwork, Told
from bridge.leadership.jobs import Errand, Job, Work
from bridge.leadership.trigger import every
from bridge.metrics import Metrics
from bridge.outbox import connection, ordering, restore, same_error
from bridge.outbox import store as outbox
from bridge.outbox.agreement import Audit
from bridge.outbox.breaker import Mode
from bridge.outbox.budgets.warning import left_of, warn
from bridge.outbox.restore import Watch
from bridge.pipeline import timing
from bridge.pipeline.drift import store as drift
from bridge.pipeline.overdue import end_overdue
from bridge.pipeline.people import report as people
from bridge.pipeline.polling import store as polls
from bridge.pipeline.ruleset import proposal
from bridge.pipeline.syncing.moot import close_moot
from bridge.pipeline.world import World
from bridge.settings import BridgeFile

AUDIT_STEPS = 25  # of 2,000 keys each: about as many as a minute's look may cost

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Duties:
    """What one node does while it leads."""

    world: World
    file: BridgeFile
    metrics: Metrics
    node: str
    watch: Watch
    follower: Follower | None = None  # None: the folder is only read at a start

    @cached_property
    def audit(self) -> Audit:
        """Of the ordering keys: where it has come to is remembered from minute to minute."""
        return Audit(database=self.world.database)

    def clockwork(self, *, not_ready: Callable[[], str]) -> Clockwork:
        """Everything by the clock; its `tick` is called once a second.

        `not_ready`: why this node does not drain; empty when it does.
        """
        return Clockwork(
            database=self.world.database,
            clock=self.world.clock,
            node=self.node,
            works=self._works(not_ready),
            told=Told(failed=self._failed, mended=self._mended),
            database_time=self.world.database.now,
        )

    def refresh_gauges(self, *, leads: bool) -> None:
        """On every node: what the database says now, and whether this one leads."""
        now = self.world.clock.now()
        self.metrics.leads(leader=leads)
        with self.world.database.reading() as session:
            self.watch.gap = restore.current(session, now=now)
            self._follow(session)
            states = connection.rows(session)
            self.metrics.refresh(
                needs_person=insight.needs_person(session),
                open_deliveries=outbox.counts(session),
                oldest_due_seconds={
                    name: max(0.0, (now - since).total_seconds())
                    for name, since in ordering.oldest_due(session).items()
                },
                up={name: row.state == connection.OPEN for name, row in states.items()},
                budget_left=left_of(self.world.connections, session, now=now),
                breaker_open={
                    name: connection.breaker_mode(row) is not Mode.CLOSED
                    for name, row in states.items()
                },
                people_unresolved=self._strangers(session),
                poll_behind_seconds=polls.behind(session, now=now),
                resting=resting.counts(resting.resting(session)),
                inbox_pending=inbox.count(session, MessageState.PENDING),
                agree=drift.agree(session),
                after_restore=self.watch.gap is not None,
                folder_refused=alarms.down(session, proposal.ALARM) is not None,
            )

    def _compare_words(self, _: datetime) -> None:
        compare(self.world, self.world.connections)

    def _strangers(self, session: Session) -> dict[tuple[str, ...], int]:
        """Who has no account at the other system, as far as mappings can be loaded."""
        with suppress(RuleError):
            rules = self.world.sets.active(session)
            return people.counts(people.unresolved(session, self.world, rules))
        return {}

    def _look_at_webhooks(self, _: datetime) -> None:
        look_at_webhooks(self.world, self.world.connections)

    def _follow(self, session: Session) -> None:
        """Say by which set this node decides; one that cannot load the active set stays behind."""
        with suppress(RuleError):
            self.metrics.follows(self.world.sets.active(session).hash)

    def _works(self, not_ready: Callable[[], str]) -> Sequence[Work]:
        works: list[Work] = [
            Errand(name="alarms", trigger=every(timedelta(seconds=5)), run=self._cry),
            Job(name="silence", trigger=every(timedelta(minutes=1)), run=self._silence),
            Errand(name="ordering", trigger=every(timedelta(minutes=1)), run=self._repair),
            Job(name="resting", trigger=every(timedelta(minutes=5)), run=self._remind),
            Job(name="quotas", trigger=every(timedelta(minutes=1)), run=self._warn),
            Job(name="polls", trigger=every(timedelta(seconds=10)), run=self._plan_polls),
            Job(name="recovery", trigger=every(timedelta(minutes=1)), run=self._recovery),
            Errand(name="holds", trigger=every(timedelta(minutes=1)), run=self._end_overdue),
            Errand(name="timers", trigger=every(timedelta(seconds=10)), run=self._keep_time),
            Job(name="held", trigger=every(timedelta(minutes=2)), run=self._try_held),
            Errand(name="words", trigger=every(timedelta(minutes=15)), run=self._compare_words),
            Errand(name="webhooks", trigger=every(timedelta(hours=1)), run=self._look_at_webhooks),
            Errand(name="retention", trigger=every(timedelta(minutes=1)), run=self._thin),
        ]
        if self.follower is not None:
            works.append(Errand(name="folder", trigger=every(LOOK), run=self._follow_folder))
        if self.file.drift is not None:
            works.append(
                Job(name="drift", trigger=every(self.file.drift.every), run=self._audit_drift)
            )
        heartbeat = self.file.heartbeat
        if heartbeat is not None:
            works.append(
                Errand(
                    name="heartbeat",
                    trigger=every(heartbeat.every),
                    run=lambda _: None if not_ready() else beat(heartbeat),
                )
            )
        return works

    def _follow_folder(self, _: datetime) -> None:
        assert self.follower is not None
        self.follower.look()

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
        link = f"{self.world.public_url}/api/v1/connections"
        listen(session, self.world.connections, link=link, now=self.world.clock.now())

    def _warn(self, session: Session, _: datetime) -> None:
        link = f"{self.world.public_url}/api/v1/connections"
        warn(session, self.world.connections, link=link, now=self.world.clock.now())

    def _remind(self, session: Session, _: datetime) -> None:
        link = f"{self.world.public_url}/api/v1"
        resting.remind(session, link=link, now=self.world.clock.now())

    def _plan_polls(self, session: Session, _: datetime) -> None:
        """Which sources are searched for what no message told; who works does the searching."""
        with suppress(RuleError):
            rules = self.world.sets.active(session)
            wanted = {one.id: one.poll.every for one in rules.sources if one.poll is not None}
            polls.plan(session, wanted, now=self.world.clock.now())
            gone = {
                one.id: one.poll.gone
                for one in rules.sources
                if one.poll is not None and one.poll.gone is not None
            }
            polls.plan_looks(session, gone, now=self.world.clock.now())

    def _audit_drift(self, session: Session, _: datetime) -> None:
        """Begin a comparison of linked records; who works does the comparing."""
        settings, now = self.file.drift, self.world.clock.now()
        assert settings is not None
        with suppress(RuleError):
            if self.world.sets.active(session).syncs and drift.working(session) is None:
                drift.begin(session, principal=drift.CLOCK, why="", sample=settings.most, now=now)

    def _recovery(self, session: Session, _: datetime) -> None:
        now = self.world.clock.now()
        lift_over(session, now=now)
        restore.end_watch(session, now=now)

    def _repair(self, _: datetime) -> None:
        mended = self.audit.round(AUDIT_STEPS)
        if mended:
            self.metrics.repaired(len(mended))
            log.error("outbox.keys_repaired", count=len(mended), first=mended[0])

    def _end_overdue(self, _: datetime) -> None:
        close_moot(self.world)
        end_overdue(self.world)

    def _keep_time(self, _: datetime) -> None:
        """A node that cannot load the active set says so elsewhere; what is due waits for one that can."""
        with suppress(RuleError):
            timing.keep(self.world)

    def _try_held(self, session: Session, _: datetime) -> None:
        """One of each group that is held for the same error, to see whether it goes by now."""
        for hold_id in same_error.open_holds(session):
            same_error.try_one(session, hold_id, now=self.world.clock.now())

    def _thin(self, _: datetime) -> None:
        thin(self.world.database, self.file.retention, self.world.clock)

    def _failed(self, session: Session, job: str, reason: str) -> None:
        alarms.lower(
            session,
            f"job:{job}",
            kind="error",
            text=f"the job {job} failed: {reason}",
            remedy="it is tried again by itself; if this stays, the log says more",
            link=f"{self.world.public_url}/api/v1/status",
            now=self.world.clock.now(),
        )

    def _mended(self, session: Session, job: str) -> None:
        now = self.world.clock.now()
        alarms.lift(session, f"job:{job}", text=f"the job {job} works again", now=now)
