"""A dispatcher at one real connector and its simulated system: what is owed goes out as it would."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.canonical.event import Origin
from bridge.canonical.kind import standard
from bridge.connectors.action import Action
from bridge.connectors.connected import Connected
from bridge.connectors.contract import ConnectionSettings, Connector
from bridge.connectors.registry import actions
from bridge.db import Database
from bridge.ledger import store as ledger
from bridge.ledger.sighting import Context, Sighting
from bridge.outbox import agreement, connection, store
from bridge.outbox.connection import News
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.recorder import Hooks
from bridge.outbox.retry import Policy
from bridge.outbox.tables import AttemptRow, DeliveryRow, State
from clocks import FakeClock
from outbox.owed import armed, owed

OVER = timedelta(minutes=20)  # longer than any wait before the next try
ROUNDS = 60


@dataclass(kw_only=True)
class Desk:
    """Owes actions to one connection and drives them to their ends."""

    database: Database
    clock: FakeClock
    dispatcher: Dispatcher
    name: str
    _numbers: int = 0

    def owe(self, *wanted: Action[Any], alone: bool = False, **more: Any) -> list[str]:
        """Their ids; each about a subject of its own. `alone`: none of them shares a call."""
        with self.database.transaction() as session:
            rows = [self._row(action, **more) for action in wanted]
            for row in rows:
                row.batch = "" if alone else row.batch
            store.owe(session, rows)
        return [row.id for row in rows]

    def step(self, *bulks: tuple[str, str]) -> list[State | None]:
        """One pass as the worker does it. `bulks` are under way."""
        found = self.dispatcher.claim(50, busy={}, bulks=bulks)
        made = self.dispatcher.calls(found)
        ends = [ended for call in made for ended in self.dispatcher.act(call)]
        return self.dispatcher.recorder.record(ends) if ends else []

    def read(self, object_name: str, record: str) -> None:
        """The record comes in as the vendor shows it now, with nothing that a source would map."""
        connected = self.dispatcher.connections[self.name]
        reader, client = connected.connector.reader, connected.client
        assert reader is not None
        (shown,) = reader.read(client, self.name, object_name, [record], ["Id"])
        sighting = Sighting(
            kind="feedback",
            source="cases",
            ref=shown.ref,
            act=shown.act,
            occurred_at=shown.occurred_at,
            record={},
            origin=Origin.POLL,
            version=shown.version,
            stamp=shown.stamp,
        )
        context = Context(now=self.clock.now(), kinds=standard())
        with self.database.transaction() as session:
            ledger.apply(session, sighting, context)

    def settle(self) -> None:
        """Steps until nothing is owed any more."""
        for _ in range(ROUNDS):
            if not self.open():
                return
            self.step()
            self.clock.advance(OVER)
        raise AssertionError("it never ends")

    def open(self) -> int:
        with self.database.reading() as session:
            return store.open_count(session, {State.PENDING, State.IN_FLIGHT})

    def delivery(self, delivery_id: str) -> DeliveryRow:
        with self.database.reading() as session:
            found = store.one(session, delivery_id)
        assert found is not None
        return found

    def states(self, ids: list[str]) -> list[str]:
        return [self.delivery(one).state for one in ids]

    def outcomes(self, delivery_id: str) -> list[str]:
        """Of its attempts, in order."""
        return [one.outcome for one in self.attempts(delivery_id)]

    def attempts(self, delivery_id: str) -> list[AttemptRow]:
        with self.database.reading() as session:
            return store.attempts(session, delivery_id)

    def disagreeing(self) -> list[str]:
        with self.database.reading() as session:
            return agreement.disagreeing(session)

    def all(self) -> list[DeliveryRow]:
        with self.database.reading() as session:
            return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.seq)))

    def _row(self, action: Action[Any], **more: Any) -> DeliveryRow:
        self._numbers += 1
        number = self._numbers
        values = {
            "rule": f"rule-{number}",  # one rule's errors, again and again, would hold the rest
            "connection": self.name,
            "write_key": f"wrk_key{number}",
            "subject": f"crm:case:{number}",
            "ambiguous": getattr(action, "ambiguous", "skip"),
            **more,
        }
        args = action.model_dump(mode="json")
        return armed(owed(number, action.kind, args, now=self.clock.now(), **values), action)


@contextmanager
def desk(
    database: Database,
    clock: FakeClock,
    connector: Connector[Any, Any],
    settings: ConnectionSettings,
    **policy: Any,
) -> Iterator[Desk]:
    name = connector.name
    connected = Connected(name=name, connector=connector, settings=settings)
    news = News(paused=_nothing, broken=_nothing, recovered=_nothing)
    hooks = Hooks(finished=_nothing, news=news, tried=_nothing)
    dispatcher = Dispatcher(
        database=database,
        clock=clock,
        connections={name: connected},
        actions=actions(),
        policy=Policy(**policy),
        hooks=hooks,
        node="here",
        random=Random(7),  # noqa: S311  (jitter)
    )
    with database.transaction() as session:
        connection.register(session, [name], now=clock.now())
    yield Desk(database=database, clock=clock, dispatcher=dispatcher, name=name)
    connected.close()


def _nothing(*_: Session | DeliveryRow | str | float) -> None:
    """What would follow is not asked here."""
