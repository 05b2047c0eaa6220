"""A town whose cases are searched for, and the hands that change them without a word."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bridge.connectors.limits import CALLS
from bridge.inbox.tables import MessageRow, PolledRow, PollRow
from bridge.ledger.tables import RecordRow
from bridge.outbox.budgets import codec
from bridge.outbox.budgets.bucket import Bucket
from bridge.outbox.tables import BudgetRow
from bridge.pipeline.polling import store
from pipeline.town import RULES, SOURCES, Town

EVERY = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
SEARCHED = SOURCES.replace("  - id: cases\n", "  - id: cases\n    poll: {every: 15m, gone: 24h}\n")


@dataclass(kw_only=True)
class Search:
    """`plan` is what the leader does; `turn` lets the time of the next pass come, and works it off."""

    town: Town

    def __post_init__(self) -> None:
        self.town.live_by(RULES, sources=SEARCHED)
        self.plan()

    def plan(self, **every: timedelta) -> None:
        wanted = every or {"cases": EVERY}
        self.town.act(lambda session: store.plan(session, wanted, now=self.town.clock.now()))

    def plan_looks(self, **within: timedelta) -> None:
        """What the leader does as well: whose known records are looked for, and in what time."""
        self.town.act(lambda session: store.plan_looks(session, within, now=self.town.clock.now()))

    def deleted(self) -> list[str]:
        """The refs of what is known to be gone."""
        gone = select(RecordRow.ref).where(RecordRow.deleted_at.is_not(None))
        with self.town.database.reading() as session:
            return list(session.scalars(gone.order_by(RecordRow.ref)))

    def change(self, number: str = "1", **fields: Any) -> None:
        """A case is changed and nobody is told; a minute and more goes by."""
        now = self.town.clock.now()
        known = self.town.vendors["crm"].records.get(number, {})
        shown = {"Severity": "Low", "Title": "It reboots", **known, **fields, "stamp": now}
        self.town.vendors["crm"].records[number] = shown
        self.town.clock.advance(2 * MINUTE)

    def tell(self, number: str = "1") -> None:
        """The message that tells of a case as it is now."""
        record = dict(self.town.vendors["crm"].records[number])
        stamp = record.pop("stamp").isoformat()
        told = {"object": "Case", "id": number, "fields": record, "stamp": stamp}
        self.town.tell("crm", told)
        self.town.settle()

    def turn(self) -> None:
        self.town.clock.advance(EVERY)
        self.town.settle()

    def row(self) -> PollRow:
        with self.town.database.reading() as session:
            found = store.one(session, "cases")
        assert found is not None
        return found

    def limit(self, bucket: Bucket) -> None:
        """This is how the calls to the CRM stand."""
        row = {"connection": "crm", "part": "", "name": CALLS, "state": codec.dump(bucket)}
        kept = BudgetRow(**row, updated_at=self.town.clock.now())
        self.town.act(lambda session: session.merge(kept))

    def remembered(self) -> int:
        with self.town.database.reading() as session:
            return session.scalar(select(func.count()).select_from(PolledRow)) or 0

    def messages(self) -> list[MessageRow]:
        with self.town.database.reading() as session:
            return list(session.scalars(select(MessageRow).order_by(MessageRow.seq)))
