"""Somebody who compares a pair, looks at what was found, and has it repaired."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from bridge.canonical.ids import random_id
from bridge.ledger import links
from bridge.ledger.tables import DifferenceRow, DriftRow
from bridge.pipeline.drift import store
from bridge.pipeline.drift.work import Auditing
from syncing.pair import Pair


@dataclass(kw_only=True)
class Auditor:
    pair: Pair
    chunk: int = 50

    def auditing(self) -> Auditing:
        """The work of a node that has just begun."""
        town = self.pair.town
        return Auditing(
            world=town.world,
            pulse=town.dispatcher.pulse,
            chunk=self.chunk,
            stamp=timedelta(hours=24),
        )

    def begin(self, *, sample: int | None = None) -> str:
        now = self.pair.clock.now()
        row: DriftRow = self.pair.town.act(
            lambda session: store.begin(session, principal="ann", why="", sample=sample, now=now)
        )
        return row.id

    def run(self, *, sample: int | None = None) -> DriftRow:
        """A comparison to its end."""
        drift = self.begin(sample=sample)
        self.work()
        return self.row(drift)

    def work(self) -> None:
        """Step after step, each by another node, until nothing may be done now."""
        while self.auditing().step():
            pass

    def repair(self, drift: str) -> DriftRow:
        """It is repaired, and all that follows is done."""

        with self.pair.database.transaction() as session:
            row = session.scalars(select(DriftRow).where(DriftRow.id == drift)).one()
            store.repair(row, now=self.pair.clock.now())
        self.work()
        self.pair.town.settle()
        return self.row(drift)

    def row(self, drift: str) -> DriftRow:
        with self.pair.database.reading() as session:
            found = store.one(session, drift)
        assert found is not None
        return found

    def differences(self, drift: str) -> list[DifferenceRow]:
        with self.pair.database.reading() as session:
            return list(session.scalars(store.differences(drift).order_by(DifferenceRow.seq)))

    def told(self, drift: DriftRow) -> list[tuple[str, str, str]]:
        """Field, cause and what a repair would write to, of each difference."""
        return [(one.field, one.cause, one.writes) for one in self.differences(drift.id)]

    def link_strangers(self, count: int) -> None:
        """Links of records that Bridge does not know."""
        now = self.pair.clock.now()
        for _ in range(count):
            left, right = random_id("c"), random_id("i")
            wanted = links.Wanted(
                left_ref=f"crm:Case:{left}",
                left_kind="feedback",
                right_kind="work_item",
                right_connection="tracker",
                relation="mirrors",
                role="pair",
                event_id=None,
                delivery_id=None,
            )
            ref = f"tracker:issue:{right}"
            with self.pair.database.transaction() as session:
                links.adopt(session, wanted, right_ref=ref, now=now)
