"""A town whose CRM had cases long before Bridge came, and the hands that ask for them."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.canonical.event import Act, Actor, ActorKind
from bridge.connectors.history import Moved, Past
from bridge.connectors.limits import CALLS
from bridge.inbox.tables import BackfillRecordRow, BackfillRow, MessageRow
from bridge.ledger.tables import ChangeRow
from bridge.outbox.budgets import codec
from bridge.outbox.budgets.bucket import Bucket
from bridge.outbox.tables import BudgetRow
from bridge.pipeline.backfill import store
from bridge.pipeline.backfill.wish import State, Wish
from pipeline.town import RULES, SOURCES, Town

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(kw_only=True)
class Archive:
    """`ask` is what the API does, `count` and `run` work it off."""

    town: Town

    def __post_init__(self) -> None:
        self.town.live_by(RULES, sources=SOURCES)

    def put(self, number: str, *, ago: timedelta = DAY, **fields: Any) -> None:
        """A case as it has been for so long; nobody was told."""
        stamp = self.town.clock.now() - ago
        known = self.town.vendors["crm"].records.get(number, {})
        shown = {"Severity": "Critical", "Title": f"Case {number}", **known, **fields}
        self.town.vendors["crm"].records[number] = {**shown, "stamp": stamp}

    def remember(self, number: str, *pasts: tuple[str, timedelta, str, Any, Any]) -> None:
        """What the CRM's change log says of a case, in order: id, how long ago, field, from, to."""
        now = self.town.clock.now()
        entries = [
            Past(
                version=version,
                at=now - ago,
                moved=(Moved(field=name, before=before, after=after),),
                actor=Actor(id="ann", kind=ActorKind.PERSON),
            )
            for version, ago, name, before, after in pasts
        ]
        born = Past(act=Act.CREATED, version="", at=now - 99 * DAY)
        self.town.vendors["crm"].pasts[number] = [*entries[::-1], born]

    def fill(self, count: int) -> None:
        for number in range(count):
            self.put(f"{number:05}", ago=DAY + timedelta(seconds=number))

    def tell(self, number: str) -> None:
        """The message that tells of a case as it is now."""
        record = dict(self.town.vendors["crm"].records[number])
        stamp = record.pop("stamp").isoformat()
        self.town.tell("crm", {"object": "Case", "id": number, "fields": record, "stamp": stamp})
        self.town.settle()

    def ask(self, **wish: Any) -> str:
        """Its id."""
        wanted, now = Wish.model_validate({"source": "cases", **wish}), self.town.clock.now()
        row = self.town.act(lambda session: store.add(session, wanted, principal="ann", now=now))
        return str(row.id)

    def count(self, **wish: Any) -> BackfillRow:
        """A plan, counted to the end."""
        asked = self.ask(**wish)
        self.work_off()
        return self.row(asked)

    def begin(self, **wish: Any) -> str:
        """One that runs, without a step of it done; its id."""
        asked = self.count(**wish).id
        self.set(asked, State.RUNNING)
        return asked

    def bring(self, **wish: Any) -> BackfillRow:
        """All that is wished for, until nothing is left that may be done now."""
        asked = self.begin(**wish)
        self.town.settle()
        return self.row(asked)

    def set(self, asked: str, state: State) -> None:
        def change(session: Session) -> None:
            row = store.one(session, asked, locked=True)
            assert row is not None
            row.state, row.not_before = state, self.town.clock.now()

        self.town.act(change)

    def work_off(self) -> None:
        while self.town.backfilling.step():
            pass

    def row(self, asked: str) -> BackfillRow:
        with self.town.database.reading() as session:
            found = store.one(session, asked)
        assert found is not None
        return found

    def limit(self, bucket: Bucket) -> None:
        """This is how the calls to the CRM stand."""
        row = {"connection": "crm", "part": "", "name": CALLS, "state": codec.dump(bucket)}
        kept = BudgetRow(**row, updated_at=self.town.clock.now())
        self.town.act(lambda session: session.merge(kept))

    def changes(self, field: str) -> list[tuple[int, Any, Any]]:
        """How many days ago, before and after, the oldest first."""
        with self.town.database.reading() as session:
            rows = session.scalars(select(ChangeRow).where(ChangeRow.field == field))
            now = self.town.clock.now()
            told = [(round((now - row.at) / DAY), row.before, row.after) for row in rows]
        return sorted(told, reverse=True)

    def left(self) -> int:
        """Records that are still to be read."""
        with self.town.database.reading() as session:
            return session.scalar(select(func.count()).select_from(BackfillRecordRow)) or 0

    def messages(self) -> Counter[str]:
        """By origin and state."""
        with self.town.database.reading() as session:
            rows = session.scalars(select(MessageRow))
            return Counter(f"{row.origin} {row.state}" for row in rows)
