"""Work that is owed but no message brings: follow-ups, replays, adoptions, polls, people, holds, mended rules."""

import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

import structlog
from sqlalchemy.orm import Session

from bridge.alerts.store import next_look
from bridge.ledger import store as ledger
from bridge.ledger.facts import Facts
from bridge.ledger.lock import lock_with_linked
from bridge.outbox import follow_up
from bridge.outbox import store as outbox
from bridge.outbox.pulse import Pulse
from bridge.outbox.tables import OPEN, DeliveryRow, State
from bridge.pipeline.adoption.work import Adopting
from bridge.pipeline.after import finished
from bridge.pipeline.alerting.telling import tell_due
from bridge.pipeline.deciding import decide_again
from bridge.pipeline.drift.work import Auditing
from bridge.pipeline.overdue import carry_out
from bridge.pipeline.people.work import LookUps
from bridge.pipeline.polling.work import Polling
from bridge.pipeline.replay.running import Replaying
from bridge.pipeline.world import World
from bridge.replays import store as replays
from bridge.rules import store
from bridge.settings import Drift

CHUNK = 50
log = structlog.get_logger()


@dataclass(kw_only=True)
class Chores:
    """Small steps, each in a transaction of its own, so that nothing else waits long."""

    world: World
    scale: float = 1.0  # of waits
    polling: Polling | None = None
    adopting: Adopting | None = None
    auditing: Auditing | None = None
    replaying: Replaying = field(init=False)
    look_ups: LookUps | None = None
    _decided_with: str = field(default="")

    def __post_init__(self) -> None:
        self.replaying = Replaying(world=self.world, scale=self.scale)

    @classmethod
    def asking(cls, world: World, pulse: Pulse, *, scale: float, drift: Drift | None) -> Self:
        """With all that asks systems, by the breaker's word."""
        usual = drift or Drift(every=timedelta(hours=24))
        auditing = Auditing(
            world=world, pulse=pulse, least=usual.least, stamp=usual.stamp, scale=scale
        )
        return cls(
            world=world,
            scale=scale,
            polling=Polling(world=world, pulse=pulse, scale=scale),
            adopting=Adopting(world=world, pulse=pulse, scale=scale),
            look_ups=LookUps(world=world, pulse=pulse, scale=scale),
            auditing=auditing,
        )

    def step(self) -> int:
        """One step of everything; how much there was to do."""
        adopted = self.adopting.step() if self.adopting else 0
        adopted += self.auditing.step() if self.auditing else 0
        polled = self.polling.step() if self.polling else 0
        polled += self.look_ups.step() if self.look_ups else 0
        carried = carry_out(self.world)
        world = self.world
        world.governor.flush_if_due(world.database)
        carried += world.governor.gather(world.database)
        done = self._follow_ups() + self.replaying.step() + self._mended() + self._overdue()
        return done + carried + adopted + polled + tell_due(self.world)

    def quiet_for(self) -> float:
        """Seconds until a group of alerts or a replay has something to do, if nothing comes before."""
        with self.world.database.reading() as session:
            found = [one for one in (next_look(session), replays.next_at(session)) if one]
        if not found:
            return math.inf
        return max(0.0, (min(found) - self.world.clock.now()).total_seconds())

    def _follow_ups(self) -> int:
        """What could not follow when a delivery ended, because it failed or no mappings could be loaded."""
        with self.world.database.reading() as session:
            owed = follow_up.due(session, now=self.world.clock.now())
        for delivery_id in owed:
            try:
                with self.world.database.transaction() as session:
                    self._follow_up(session, delivery_id)
            except Exception as error:  # one must not keep the others from theirs
                log.exception("outbox.follow_up_failed")
                self._postpone(delivery_id, error)
        return len(owed)

    def _follow_up(self, session: Session, delivery_id: str) -> None:
        if not follow_up.take(session, delivery_id):
            return
        delivery = outbox.one(session, delivery_id)
        if delivery is not None and delivery.state not in OPEN:  # else it was replayed meanwhile
            finished(session, self.world, delivery)
        if not follow_up.any_left(session):
            self.world.alarms.lift(
                session, "follow_up", text="all is followed up", now=self.world.clock.now()
            )

    def _postpone(self, delivery_id: str, error: Exception) -> None:
        now = self.world.clock.now()
        with self.world.database.transaction() as session:
            follow_up.postpone(session, delivery_id, error, now=now)
            self.world.alarms.lower(
                session,
                "follow_up",
                kind="error",
                text=f"{delivery_id} has ended, but what follows from it fails: {type(error).__name__}",
                remedy="see the log; it is tried again by itself and nothing is lost",
                link=f"{self.world.public_url}/api/v1/deliveries/{delivery_id}",
                now=now,
            )

    def _overdue(self) -> int:
        """What waits for a record beyond the time its step allows has expired."""
        with self.world.database.reading() as session:
            found = outbox.overdue(session, now=self.world.clock.now())
        for row in found:
            with self.world.database.transaction() as session:
                self._expire(session, row)
        return len(found)

    def _expire(self, session: Session, found: DeliveryRow) -> None:
        now = self.world.clock.now()
        lock_with_linked(session, [found.subject])
        for row in outbox.locked(session, [found]):
            if row.state == State.WAITING:
                row.state, row.finished_at = State.EXPIRED, now
                row.reason = (
                    f"{row.reason}; its step gave it until {row.expires_at:%Y-%m-%d %H:%M} UTC"
                )
                finished(session, self.world, row)

    def _mended(self) -> int:
        """Events that a rule could not decide are decided again once another set is active."""
        with self.world.database.reading() as session:
            active = store.active_hash(session)
            if active is None or active == self._decided_with:
                return 0
            failed = store.failed(session, version=active, limit=CHUNK)
        for event_id in failed:
            self._decide(event_id)
        if not failed:
            self._decided_with = active
        return len(failed)

    def _decide(self, event_id: str) -> None:
        world = self.world
        with world.database.transaction() as session:
            rules = world.sets.active(session)
            row = ledger.event(session, event_id)
            if row is not None:
                lock_with_linked(session, [row.subject])
            failed = {
                one.rule
                for one in store.decisions_of(session, event_id)
                if one.answer == "error" and not one.mended
            }
            store.mend(session, event_id, sorted(failed))
            if row is None or not row.facts or not failed:
                return  # retention has thinned it, or another node was faster
            decide_again(
                session,
                world,
                rules,
                ledger.as_event(row),
                Facts.from_json(row.facts),
                message_id=row.message_id,
                only=frozenset(failed),
                now=world.clock.now(),
            )
