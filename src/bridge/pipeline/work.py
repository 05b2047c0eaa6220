"""One transaction's worth of new events and of what follows from them: written together."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from bridge.alerts import raising
from bridge.alerts.raising import Raise, Resolve
from bridge.converters.contract import Directory
from bridge.errors import PermanentError
from bridge.ledger.batch import Batch
from bridge.ledger.known import Known
from bridge.ledger.tables import LinkRow
from bridge.outbox import store as outbox
from bridge.outbox.arming import action_of
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.alarming import tell_dead
from bridge.pipeline.caps.use import Weighed
from bridge.pipeline.earlier import dead_create
from bridge.pipeline.people import store as people
from bridge.pipeline.people import waiting
from bridge.pipeline.people.directory import learnt
from bridge.pipeline.people.store import Stranger
from bridge.pipeline.shown import Shown
from bridge.pipeline.syncing.shadows import Shadows
from bridge.pipeline.world import World
from bridge.rules import store as rules
from bridge.rules.ruleset import RuleSet
from bridge.timers.store import Timers


class Work:
    """Keeps decisions and deliveries back until `write`, as its `ledger` keeps events.

    `locked`: refs of the records whose locks are held already.
    """

    def __init__(self, session: Session, world: World, *, locked: Collection[str] = ()) -> None:
        self.session = session
        self._world = world
        self.ledger = Batch(session)
        self.shown = Shown(session)
        self.shadows = Shadows(session)
        self.timers = Timers(session)
        self.locked = frozenset(locked)
        self._decisions: list[rules.Row] = []
        self._owed: dict[str, DeliveryRow] = {}
        self._weighed: list[Weighed] = []
        self._alerts: list[Raise | Resolve] = []
        self._met: list[Stranger] = []
        self._directory: tuple[RuleSet, Directory] | None = None

    @property
    def known(self) -> Known:
        return self.ledger.known

    def forget(self) -> None:
        """Somebody else changed links and records in this transaction, after a `write`."""
        self.known.forget()
        self.shown = Shown(self.session)

    def directory(self, rules: RuleSet) -> Directory:
        """Who is who, for what carries people; each account is asked for once."""
        if self._directory is None or self._directory[0] is not rules:
            self._directory = (rules, learnt(self.session, self._world, rules))
        return self._directory[1]

    def sends(self, row: DeliveryRow) -> Mapping[str, Any]:
        """The fields that a create sends, as far as its stored action tells."""
        try:
            return action_of(row, self._world.actions).sends()
        except PermanentError:
            return {}  # this version has no such action

    def meet(self, strangers: Sequence[Stranger]) -> None:
        """These could not be carried: they will be looked up."""
        self._met += strangers

    def decide(self, rows: Sequence[rules.Row]) -> None:
        self._decisions += rows

    def owe(self, rows: Sequence[DeliveryRow]) -> None:
        """Owe these, unless they turn out to be owed already."""
        self._owed |= {row.id: row for row in rows}

    def owed_for(self, link_id: str) -> list[DeliveryRow]:
        """What is owed here to an end of this link and not written yet."""
        return [row for row in self._owed.values() if row.target_link == link_id]

    def weigh(self, one: Weighed) -> None:
        """Before it is written, it is judged by the caps of its rule."""
        self._weighed.append(one)

    def alert(self, said: Sequence[Raise | Resolve]) -> None:
        """Raise these alerts, or end them, in this order."""
        self._alerts += said

    def dead_create(self, link: LinkRow) -> DeliveryRow | None:
        """The create of a reserved link, if it is dead."""
        return dead_create(self.session, link, self._owed)

    def newest_dead(self, subjects: Collection[str]) -> list[DeliveryRow]:
        """What is owed here about these records and was dead at once, the newest first."""
        return [
            row
            for row in reversed(self._owed.values())
            if row.state == State.DEAD and row.subject in subjects
        ]

    def write(self) -> None:
        """Write everything, each table once. Events first, and the keys that order deliveries last."""
        self.ledger.write()
        self.shown.write()
        self.shadows.write()
        people.meet(self.session, self._met, now=self._world.clock.now())
        waiting.wait(self.session, self._met, now=self._world.clock.now())
        self.timers.write()
        rules.add(self.session, self._decisions)
        raising.write(self.session, self._alerts, now=self._world.clock.now())
        self._world.governor.judge(self.session, self._weighed)
        for row in outbox.owe(self.session, list(self._owed.values())):
            if row.state == State.DEAD:
                tell_dead(self.session, self._world, row, now=self._world.clock.now())
        self._decisions, self._owed = [], {}
        self._weighed, self._alerts, self._met = [], [], []
