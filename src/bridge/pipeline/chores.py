"""Work that is owed but that no message brings: running replays, and events whose rule was mended."""

from dataclasses import dataclass, field

from bridge.errors import RuleError
from bridge.ledger import store as ledger
from bridge.ledger.facts import Facts
from bridge.ledger.lock import lock_subjects
from bridge.pipeline import replay
from bridge.pipeline.deciding import decide_again
from bridge.pipeline.world import World
from bridge.rules import store

CHUNK = 50


@dataclass(kw_only=True)
class Chores:
    """Small steps, each in a transaction of its own, so that nothing else waits long."""

    world: World
    _decided_with: str = field(default="")

    def step(self) -> int:
        """One step of everything; how much there was to do."""
        return self._replays() + self._mended()

    def _replays(self) -> int:
        with self.world.database.reading() as session:
            plans = replay.running(session)
        for plan_id in plans:
            with self.world.database.transaction() as session:
                replay.advance(session, self.world, plan_id)
        return len(plans)

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
            if row is None or not row.facts:
                raise RuleError(f"event {event_id} or its facts are gone")
            failed = {
                one.rule
                for one in store.decisions_of(session, event_id)
                if one.answer == "error" and not one.mended
            }
            lock_subjects(session, [row.subject])
            store.mend(session, event_id, sorted(failed))
            decide_again(
                session,
                world,
                rules,
                ledger.as_event(row),
                Facts.from_json(row.facts),
                message_id=row.message_id,
                replay_id="",
                only=frozenset(failed),
                now=world.clock.now(),
            )
