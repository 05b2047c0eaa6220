"""A dispatcher at a vendor with a memory, behind the same hooks that the composition root gives it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from bridge.canonical.event import Act, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.db import Database
from bridge.ledger import store as ledger
from bridge.ledger.sighting import Context, Sighting
from bridge.outbox import connection, store
from bridge.outbox.claims import Claimed
from bridge.outbox.connection import News
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.recorder import Hooks
from bridge.outbox.retry import Policy
from bridge.outbox.search import Filter
from bridge.outbox.tables import (
    AttemptRow,
    ConnectionRow,
    DeliveryRow,
    HoldRow,
    OrderingKeyRow,
    State,
)
from bridge.pipeline.acts.cancel import cancel
from bridge.pipeline.after import finished
from bridge.pipeline.replay import planning, running
from bridge.pipeline.replay.wish import Wish
from bridge.pipeline.world import Alarms, Sets, World
from clocks import FakeClock
from outbox.owed import armed, owed
from outbox.vendor import ACTIONS, Create, Fill, Paint, Post, Tell, Update, Vendor, connected

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SETTLED = timedelta(seconds=61)
CONNECTIONS = ("shop", "club")


@dataclass
class Heard:
    """What the hooks and the alarms were told."""

    ended: list[tuple[str, str]] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    freed: list[str] = field(default_factory=list)
    recovered: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    down: list[str] = field(default_factory=list)
    up: list[str] = field(default_factory=list)

    joined: list[tuple[str, str]] = field(default_factory=list)

    def join(self, connection: str, state: str) -> None:
        self.joined.append((connection, state))

    def decided(self, rule: str, answer: str) -> None: ...
    def unmatched(self, kind: str) -> None:
        """Nothing here decides."""

    def recorded(self, kind: str, origin: str) -> None: ...
    def delivered(self, connection: str, state: str) -> None: ...
    def alerted(self, rule: str, outcome: str, count: int = 1) -> None: ...

    def pause(self, session: Session, name: str, reason: str) -> None:
        self.paused.append(name)

    def breaking(self, session: Session, name: str, reason: str) -> None:
        self.broken.append(name)

    def holding(self, session: Session, hold: HoldRow, delivery: DeliveryRow) -> None:
        self.held.append(hold.about)

    def freeing(self, session: Session, hold: HoldRow) -> None:
        self.freed.append(hold.about)

    def recover(self, session: Session, name: str) -> None:
        self.recovered.append(name)

    def trying(self, connection: str, outcome: str, seconds: float) -> None:
        self.tried.append(outcome)

    def lower(self, session: Session, key: str, **words: Any) -> None:
        self.down.append(key)

    def lift(self, session: Session, key: str, **words: Any) -> None:
        self.up.append(key)


@dataclass(kw_only=True)
class Stand:
    """One node and its vendor. Its verbs are those of the outbox, with what tests do not care about."""

    database: Database
    clock: FakeClock
    vendor: Vendor
    world: World
    heard: Heard
    dispatcher: Dispatcher
    troubles: list[Exception] = field(default_factory=list)  # of the next ends that are told
    _numbers: int = 0

    @classmethod
    def up(cls, database: Database, clock: FakeClock, **policy: Any) -> "Stand":
        vendor, heard = Vendor(clock), Heard()
        shops = {name: connected(name, vendor) for name in CONNECTIONS}
        systems = dict.fromkeys(CONNECTIONS, "shop")
        world = World(
            database=database,
            clock=clock,
            kinds=standard(),
            actions=ACTIONS,
            connections=shops,
            sets=Sets(kinds=standard(), actions=ACTIONS, systems=systems),
            alarms=Alarms(lower=heard.lower, lift=heard.lift),
            metrics=heard,
        )
        troubles: list[Exception] = []
        dispatcher = Dispatcher(
            database=database,
            clock=clock,
            connections=shops,
            actions=ACTIONS,
            policy=Policy(**policy),
            hooks=_hooks(world, heard, troubles),
            node="here",
            random=Random(7),  # noqa: S311  (jitter)
        )
        with database.transaction() as session:
            connection.register(session, CONNECTIONS, now=clock.now())
        return cls(
            database=database,
            clock=clock,
            vendor=vendor,
            world=world,
            heard=heard,
            dispatcher=dispatcher,
            troubles=troubles,
        )

    def create(self, title: str = "a thing", **more: Any) -> str:
        return self.owe(Create.kind, {"title": title}, **more)

    def update(self, text: str, thing: str = "7", **more: Any) -> str:
        return self.owe(Update.kind, {"thing": thing, "text": text}, **more)

    def post(self, text: str = "hello", channel: str = "alerts", **more: Any) -> str:
        return self.owe(Post.kind, {"channel": channel, "text": text}, **more)

    def tell(self, text: str, channel: str = "alerts", **more: Any) -> str:
        return self.owe(Tell.kind, {"channel": channel, "text": text}, **more)

    def paint(self, colour: str, thing: str, **more: Any) -> str:
        return self.owe(Paint.kind, {"thing": thing, "colour": colour}, **more)

    def fill(self, thing: str, /, *, more: Mapping[str, Any] | None = None, **fields: str) -> str:
        """`more`: values of the delivery."""
        return self.owe(Fill.kind, {"thing": thing, "fields": fields}, **(more or {}))

    def owe(self, action: str, args: Mapping[str, Any], **more: Any) -> str:
        """Owe one delivery; its id."""
        with self.database.transaction() as session:
            row = self.row(action, args, **more)
            store.owe(session, [row])
        return row.id

    def row(self, action: str, args: Mapping[str, Any], **more: Any) -> DeliveryRow:
        self._numbers += 1
        number = self._numbers
        values = {
            "connection": "shop",
            "write_key": f"key-{number}",
            "subject": f"crm:case:{number}" if action == Create.kind else "crm:case:0",
            **more,
        }
        row = owed(number, action, args, now=self.clock.now(), **values)
        return row if "ordering_key" in more else armed(row, ACTIONS[action].model_validate(args))

    def cancel_all(self) -> None:
        """A person has what waits cancelled."""
        waiting = [row for row in self.all() if row.state == State.PENDING]
        with self.database.transaction() as session:
            cancel(session, self.world, waiting, by="anna", why="", now=self.clock.now())

    def show(self, thing: str, **more: Any) -> None:
        """The vendor tells of a thing, by whatever way; `more`: values of the sighting."""
        values: dict[str, Any] = {"stamp": self.clock.now(), "act": Act.UPDATED, **more}
        seen = Sighting(
            kind="feedback",
            source="things",
            ref=Ref("shop", "thing", thing),
            occurred_at=self.clock.now(),
            record={},
            origin=Origin.WEBHOOK,
            **values,
        )
        context = Context(now=self.clock.now(), kinds=self.world.kinds)
        with self.database.transaction() as session:
            ledger.apply(session, seen, context)

    def claim(self, limit: int = 50, **busy: int) -> Sequence[Claimed]:
        return self.dispatcher.claim(limit, busy=busy)

    def bulk_step(self, *bulks: tuple[str, str], limit: int = 50) -> list[State | None]:
        """One pass as the worker does it: what may share a call does. `bulks` are under way."""
        found = self.dispatcher.claim(limit, busy={}, bulks=bulks)
        made = self.dispatcher.calls(found)
        ends = [ended for call in made for ended in self.dispatcher.act(call)]
        return self.dispatcher.recorder.record(ends) if ends else []

    def step(self) -> list[State | None]:
        """Claim what is due and act on it once."""
        return [self.dispatcher.dispatch(claimed) for claimed in self.claim()]

    def replay(self, delivery: str, *, force: bool = False) -> None:
        """A person has it sent again."""
        wish = Wish(filter=Filter(ids=(delivery,)), force=force)
        now = self.clock.now()
        with self.database.transaction() as session:
            run = planning.plan(session, self.world, wish, principal="anna", now=now)
            running.begin(session, run.id, by="anna", why="a test", now=now)
            running.advance(session, self.world, run, now=now)

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements that go to the database meanwhile."""
        found: list[str] = []

        def remember(*call: Any) -> None:
            found.append(call[2])

        event.listen(self.database.engine, "before_cursor_execute", remember)
        yield found
        event.remove(self.database.engine, "before_cursor_execute", remember)

    def lapse(self) -> None:
        """Every lease runs out: in the database, whose time is real, and on our own clock."""
        self.clock.advance(self.dispatcher.term)
        held = update(OrderingKeyRow).where(OrderingKeyRow.leased_until.is_not(None))
        with self.database.transaction() as session:
            session.execute(held.values(leased_until=LONG_AGO))

    def later(self, by: timedelta | float = SETTLED) -> list[State | None]:
        """Time goes by, then one step."""
        self.clock.advance(by)
        return self.step()

    def delivery(self, delivery_id: str) -> DeliveryRow:
        with self.database.reading() as session:
            found = store.one(session, delivery_id)
        assert found is not None
        return found

    def key(self, delivery_id: str) -> OrderingKeyRow:
        with self.database.reading() as session:
            return session.get_one(OrderingKeyRow, self.delivery(delivery_id).ordering_key)

    def attempts(self, delivery_id: str) -> list[AttemptRow]:
        with self.database.reading() as session:
            return store.attempts(session, delivery_id)

    def connection(self, name: str = "shop") -> ConnectionRow | None:
        with self.database.reading() as session:
            return session.get(ConnectionRow, name)

    def all(self) -> list[DeliveryRow]:
        with self.database.reading() as session:
            return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.seq)))


def _hooks(world: World, heard: Heard, troubles: list[Exception]) -> Hooks:
    def told(session: Session, delivery: DeliveryRow) -> None:
        if troubles:
            raise troubles.pop(0)
        finished(session, world, delivery)
        heard.ended.append((delivery.id, delivery.state))

    news = News(paused=heard.pause, broken=heard.breaking, recovered=heard.recover)
    return Hooks(
        held=heard.holding,
        let_go=heard.freeing,
        finished=told,
        news=news,
        tried=heard.trying,
        joined=heard.join,
    )
