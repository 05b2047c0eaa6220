"""A town: a database, three vendors, and the hands that carry between them, one step at a time."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

import orjson
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bridge.calendars import Calendars, calendars
from bridge.canonical.ids import random_id, stable_id
from bridge.canonical.kind import Kinds, standard
from bridge.connectors.action import Action
from bridge.connectors.connected import Connected
from bridge.connectors.contract import ConnectionSettings, Connector, Message, Mode
from bridge.connectors.limits import CALLS, Window
from bridge.db import Base, Database
from bridge.errors import PermanentError
from bridge.inbox import store as inbox
from bridge.inbox.store import Arrival
from bridge.inbox.tables import MessageRow
from bridge.ledger.tables import ChangeRow, EventRow, LinkRow, RecordRow, SeenEventRow, ShadowRow
from bridge.outbox import connection
from bridge.outbox import store as outbox
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.recorder import Hooks
from bridge.outbox.retry import Policy
from bridge.outbox.search import Filter, select_deliveries
from bridge.outbox.tables import (
    OPEN,
    AttemptRow,
    ConnectionRow,
    DeliveryRow,
    HoldRow,
    OrderingKeyRow,
)
from bridge.pipeline import Intake, World
from bridge.pipeline.acts.cancel import cancel
from bridge.pipeline.adoption.work import Adopting
from bridge.pipeline.after import finished, lock_concerned
from bridge.pipeline.alarming import news
from bridge.pipeline.backfill.work import Backfilling
from bridge.pipeline.caps import verdict
from bridge.pipeline.chores import Chores
from bridge.pipeline.explaining.event import PLAIN, Explained, Question, explain
from bridge.pipeline.explaining.record import ExplainedRecord, explain_record
from bridge.pipeline.people.naming import Names
from bridge.pipeline.polling.work import Polling
from bridge.pipeline.replay import planning, running
from bridge.pipeline.replay.running import CHUNK
from bridge.pipeline.replay.wish import Wish
from bridge.pipeline.shown import OWED
from bridge.pipeline.syncing.anew import Judge
from bridge.pipeline.world import Alarms, Sets
from bridge.replays import store as replays
from bridge.replays.tables import ReplayItemRow, ReplayRow
from bridge.rules import store as rule_store
from bridge.rules.account import Wanted
from bridge.rules.tables import DecisionRow, RuleSetRow
from bridge.schema import metadata
from clocks import START, FakeClock
from duties import rows
from pipeline.vendors import SYSTEMS, Vendor, connector

KEPT: tuple[type[Base], ...] = (
    *(SeenEventRow, EventRow, ChangeRow, RecordRow, LinkRow, ShadowRow),
    *(DecisionRow, DeliveryRow, OrderingKeyRow),
)
SOURCES = """
version: 1
maps: {level: {Critical: critical, High: high, Low: low}}
sources:
  - id: cases
    from: {connection: crm, object: Case}
    as: feedback
    fields:
      number: Number
      title: Title
      severity: {field: Severity, map: level}
      product: Product
      requested: Send
      url: Url
    write_back: {link: Key, url: Web, status: Status, in_step_as_of: Synced, problem: Problem}
  - id: issues
    from: {connection: tracker, object: issue}
    as: work_item
    fields: {key: key, title: summary, status: status, status_name: status_name, due: due, url: url}
"""
RULES = """
version: 1
rules:
  - id: task
    description: Serious feedback becomes a task, and people hear of it.
    when: feedback.created
    if: feedback.severity == "critical"
    do:
      - id: task
        tracker.create_issue: {summary: "${feedback.title}"}
      - id: card
        chat.post: {channel: engineering, title: "${task.key}"}
    tests: [{name: t, given: {event: feedback.created, feedback: {severity: low}}, expect: []}]
  - id: update
    description: A new title reaches the task.
    when: feedback.updated
    if: changed.title
    each: {linked: work_item}
    do: [{tracker.update_issue: {summary: "${feedback.title}"}}]
    tests: [{name: t, given: {event: feedback.updated}, expect: []}]
"""


def caused_by(end: DeliveryRow, back: DeliveryRow) -> str:
    """The id that a write-back has if it tells of this end."""
    told = orjson.dumps(dict(sorted(back.args["fields"].items()))).decode()
    return stable_id("dlv", OWED, back.subject, f"{end.id}:{end.state}", told)


@dataclass
class Said:
    """Alarms that are down, by key, with their words; and the keys of those that were lifted."""

    down: dict[str, str] = field(default_factory=dict)
    lifted: list[str] = field(default_factory=list)

    def lower(self, _: Session, key: str, *, text: str, **more: Any) -> None:
        self.down[key] = text

    def lift(self, _: Session, key: str, **more: Any) -> None:
        if self.down.pop(key, None) is not None:
            self.lifted.append(key)


@dataclass
class Counted:
    """What the pipeline counted."""

    events: Counter[str] = field(default_factory=Counter)
    without_match: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)

    def decided(self, rule: str, answer: str) -> None:
        self.answers[rule, answer] += 1

    def recorded(self, kind: str, origin: str) -> None:
        self.events[kind] += 1

    def unmatched(self, kind: str) -> None:
        self.without_match[kind] += 1

    def delivered(self, name: str, state: str) -> None:
        self.ends[name, state] += 1

    def alerted(self, rule: str, outcome: str, count: int = 1) -> None:
        self.alerts[outcome] += count


@dataclass(kw_only=True)
class Town:
    """Everything on one database. `modes` says which connections only observe."""

    database: Database
    clock: FakeClock
    kinds: Kinds = field(default_factory=standard)
    modes: Mapping[str, Mode] = field(default_factory=dict)
    calendars: Calendars = field(default_factory=calendars)
    said: Said = field(default_factory=Said)
    counted: Counted = field(default_factory=Counted)
    vendors: dict[str, Any] = field(
        default_factory=lambda: {name: Vendor(name=name) for name in SYSTEMS}
    )
    connectors: Mapping[str, Connector[Any, Any]] = field(
        default_factory=lambda: {name: connector(name) for name in SYSTEMS}
    )
    settings: Mapping[str, ConnectionSettings] = field(default_factory=dict)
    world: World = field(init=False)
    intake: Intake = field(init=False)
    dispatcher: Dispatcher = field(init=False)
    chores: Chores = field(init=False)

    def __post_init__(self) -> None:
        self.world = self.new_world()
        self.dispatcher = self.new_dispatcher("one")
        self.intake = Intake(world=self.world, pulse=self.dispatcher.pulse)
        self.polling = Polling(world=self.world, pulse=self.dispatcher.pulse)
        self.backfilling = Backfilling(world=self.world, pulse=self.dispatcher.pulse)
        self.chores = self.new_chores()
        with self.database.transaction() as session:
            connection.register(session, self.connectors, now=self.clock.now())

    @classmethod
    def anew(cls, database: Database, clock: FakeClock) -> Self:
        """On a database where others have been."""
        with database.transaction() as session:
            for table in reversed(metadata().sorted_tables):
                session.execute(delete(table))
        town = cls(database=database, clock=clock)
        town.live_by()
        return town

    @property
    def actions(self) -> dict[str, type[Action[Any]]]:
        return {one.kind: one for made in self.connectors.values() for one in made.actions}

    def new_world(self) -> World:
        """Another node's world: nothing compiled yet, the same vendors."""
        linked = {
            name: Connected(
                name=name,
                connector=self.connectors[name],
                settings=self.settings.get(name)
                or ConnectionSettings(
                    system=name, mode=self.modes.get(name, Mode.LIVE), deadline=5.0
                ),
                _client=vendor,
            )
            for name, vendor in self.vendors.items()
        }
        return World(
            database=self.database,
            clock=self.clock,
            kinds=self.kinds,
            actions=self.actions,
            connections=linked,
            sets=Sets(
                kinds=self.kinds,
                actions=self.actions,
                systems={name: one.system for name, one in linked.items()},
                calendars=self.calendars,
            ),
            alarms=Alarms(lower=self.said.lower, lift=self.said.lift),
            metrics=self.counted,
            public_url="https://bridge.test",
        )

    def new_chores(self) -> Chores:
        adopting = Adopting(world=self.world, pulse=self.dispatcher.pulse)
        return Chores(world=self.world, polling=self.polling, adopting=adopting)

    def new_dispatcher(self, node: str) -> Dispatcher:
        """The hands of a node."""
        hooks = Hooks(
            lock=lambda session, ends: lock_concerned(session, self.world, ends),
            finished=lambda session, delivery: finished(session, self.world, delivery),
            news=news(self.world),
            tried=lambda _name, _outcome, _seconds: None,
        )
        return Dispatcher(
            database=self.database,
            clock=self.clock,
            connections=self.world.connections,
            actions=self.world.actions,
            policy=Policy(tries=3),
            hooks=hooks,
            node=node,
            random=Random(1),  # noqa: S311  (jitter)
            held=self.world.held,
            still=Judge(self.world),
            naming=Names(self.world),
        )

    def live_by(self, rules: str = RULES, *, sources: str = SOURCES, people: str = "") -> str:
        """Make these mappings the active ones; their hash."""
        files = {"sources/s.yaml": sources, "rules/r.yaml": rules}
        files |= {"people.yaml": people} if people else {}
        wanted = self.world.sets.compile(files).hash
        with self.database.transaction() as session:
            rule_store.activate(
                session, wanted, files, by="t", why="", kind="activate", now=self.clock.now()
            )
        return wanted

    def activate_unread(self, wanted: str, files: Mapping[str, str]) -> None:
        """Another node makes a set the active one, which this one has never seen."""
        with self.database.transaction() as session:
            rule_store.activate(
                session, wanted, files, by="t", why="", kind="activate", now=self.clock.now()
            )

    def spoil_rules(self) -> None:
        """The stored sets are of a form that this version does not know."""
        spoilt = update(RuleSetRow).values(files={"rules/r.yaml": "version: 2"})
        self.act(lambda session: session.execute(spoilt))

    def forget_compiled(self) -> None:
        """As after a start: nothing is compiled yet."""
        self.world = self.new_world()
        self.intake = Intake(world=self.world, pulse=self.dispatcher.pulse)
        self.polling = Polling(world=self.world, pulse=self.dispatcher.pulse)
        self.backfilling = Backfilling(world=self.world, pulse=self.dispatcher.pulse)
        self.chores = self.new_chores()

    def break_off_at(self, beginning: str, *, times: int) -> None:
        """The database breaks off at the next statements that begin so."""
        left = [OperationalError(beginning, {}, Exception()) for _ in range(times)]

        def look(*told: Any) -> None:
            if left and told[2].startswith(beginning):
                raise left.pop()

        event.listen(self.database.engine, "before_cursor_execute", look)

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements that go to the database meanwhile."""
        seen: list[str] = []

        def look(*told: Any) -> None:
            seen.append(told[2])

        event.listen(self.database.engine, "before_cursor_execute", look)
        yield seen
        event.remove(self.database.engine, "before_cursor_execute", look)

    def thin_facts(self) -> None:
        """Retention takes the facts of old events."""
        self.act(lambda session: session.execute(update(EventRow).values(facts={})))

    def read_again(self, *messages: str) -> None:
        chosen = select(MessageRow).where(MessageRow.id.in_(messages))
        self.act(lambda session: inbox.retranslate(session, chosen))
        self.settle()

    def tell(self, connection: str, *told: Any) -> str:
        """A message comes in; its id. What it tells gets the time of the clock if it has none."""
        stamped = [
            {"stamp": self.clock.now().isoformat(), **one} if isinstance(one, dict) else one
            for one in told
        ]
        return self.receive(connection, orjson.dumps(stamped))

    def receive(self, connection: str, body: bytes) -> str:
        message = Message(
            connection=connection, headers={}, body=body, received_at=self.clock.now()
        )
        arrival = Arrival(message=message, dedupe_key=random_id("key"))
        with self.database.transaction() as session:
            return inbox.keep(session, [arrival], now=self.clock.now())[0].id

    def case(self, number: str = "1", **fields: Any) -> str:
        """The CRM shows a case, and its time passes; the message's id."""
        self.clock.advance(1)
        return self.tell("crm", {"object": "Case", "id": number, "fields": fields})

    def merge(self, number: str, *, into: str) -> None:
        """The CRM makes one case of two and tells that this one is gone; all that follows."""
        self.hear_merged(number, into=into)
        self.settle()

    def hear_merged(self, number: str, *, into: str) -> None:
        """The same, and nothing has been written since."""
        self.clock.advance(1)
        self.crm.records.setdefault(number, {})["into"] = into
        self.tell("crm", {"object": "Case", "id": number, "act": "deleted"})
        self.intake.drain()

    def issue(self, number: str = "1", **fields: Any) -> str:
        """The tracker shows an issue, and its time passes; the message's id."""
        self.clock.advance(1)
        return self.tell("tracker", {"object": "issue", "id": number, "fields": fields})

    def deliver(self) -> int:
        """Act on what is due now; how many there were."""
        claims = self.dispatcher.claim(50, busy={})
        for claimed in claims:
            self.dispatcher.dispatch(claimed)
        return len(claims)

    def beside(self) -> "Town":
        """Another node: its own world and hands, on the same database and the same vendors."""
        return Town(
            database=self.database,
            clock=self.clock,
            kinds=self.kinds,
            calendars=self.calendars,
            said=self.said,
            counted=self.counted,
            vendors=self.vendors,
        )

    def work_along(self, start: threading.Barrier) -> None:
        """Work beside other nodes, in small bites, until there has been nothing to do for a while."""
        start.wait(timeout=60)
        idle = 0
        while idle < 20:
            done = self.intake.drain(limit=1) + self.deliver() + self.chores.step()
            idle = 0 if done else idle + 1

    def settle(self) -> None:
        """Until nothing is left that may be done now."""
        while self.intake.drain() + self.deliver() + self.chores.step() + self.backfilling.step():
            pass

    def wait(self, seconds: float) -> None:
        """Time passes, and what became due is done."""
        self.clock.advance(seconds)
        self.settle()

    def act(self, do: Callable[[Session], Any]) -> Any:
        """Do something in a transaction; what it gave."""
        with self.database.transaction() as session:
            return do(session)

    def dead_update(
        self, *, then: str, product: str | None = None, rule: str = "update"
    ) -> DeliveryRow:
        """A task whose first change was refused and whose second, `then`, went through."""
        self.case("1", Title="Reboots", Severity="Critical")
        self.settle()
        self.tracker.refusals.append(PermanentError("refused", code="400"))
        self.case("1", Title="old", Product=product)
        self.settle()
        self.case("1", Title=then, Product=None)
        self.settle()
        return self.deliveries(rule)[0]

    def plan(self, wanted: Filter, **wish: Any) -> ReplayRow:
        """What a replay would do, as far as one answer says it."""
        asked, now = Wish(filter=wanted, **wish), self.clock.now()
        with self.database.transaction() as session:
            return planning.plan(session, self.world, asked, principal="ann", now=now)

    def begin(self, wanted: Filter, **wish: Any) -> ReplayRow:
        """A plan that runs, without a step of it done."""
        made = self.plan(wanted, **wish)
        while self.replay_row(made.id).state == "planning":
            self.replay_step()
        with self.database.transaction() as session:
            begun = running.begin(session, made.id, by="ann", why="a test", now=self.clock.now())
        assert begun is not None
        return begun

    def run(self, plan: ReplayRow) -> None:
        """Run a plan of before."""
        now = self.clock.now()
        self.act(lambda session: running.begin(session, plan.id, by="ann", why="a test", now=now))
        self.settle()

    def replay(self, wanted: Filter, **wish: Any) -> ReplayRow:
        """Plan it, run it, and let everything arrive that follows."""
        begun = self.begin(wanted, **wish)
        self.settle()
        return self.replay_row(begun.id)

    def replay_step(self, size: int = CHUNK) -> int:
        """One step of the replay that has waited longest; how much it was."""
        self.chores.replaying.chunk = size
        return self.chores.replaying.step()

    def replay_row(self, wanted: str) -> ReplayRow:
        with self.database.reading() as session:
            return session.scalars(select(ReplayRow).where(ReplayRow.id == wanted)).one()

    def owed_by(self, replay: str) -> dict[str, int]:
        """How many deliveries of a replay are to go, by connection."""
        query = select(DeliveryRow.connection, func.count()).where(
            DeliveryRow.replay_id == replay, DeliveryRow.state.in_(OPEN)
        )
        with self.database.reading() as session:
            return {
                row[0]: row[1] for row in session.execute(query.group_by(DeliveryRow.connection))
            }

    def tried_by(self, replay: str) -> dict[str, int]:
        """How often its deliveries were tried, by connection."""
        query = (
            select(DeliveryRow.connection, func.count())
            .join(AttemptRow, AttemptRow.delivery_id == DeliveryRow.id)
            .where(DeliveryRow.replay_id == replay, AttemptRow.started_at >= DeliveryRow.not_before)
        )
        with self.database.reading() as session:
            return {
                row[0]: row[1] for row in session.execute(query.group_by(DeliveryRow.connection))
            }

    def followed(self, replay: str) -> Counter[str]:
        """How many write-backs were owed by an end of one of its deliveries, by connection."""
        items = {item.what for item in self.replayed(replay)}
        ends = [one for one in self.deliveries() if one.replay_id == replay or one.id in items]
        begun = self.replay_row(replay).begun_at
        assert begun is not None
        owed = self.deliveries("source:cases", step=OWED)
        backs = [back for back in owed if back.created_at >= begun]
        return Counter(
            back.connection
            for back in backs
            if any(back.id == caused_by(one, back) for one in ends)
        )

    def replayed(self, wanted: str) -> list[ReplayItemRow]:
        """The items of a replay, in order."""
        with self.database.reading() as session:
            query = replays.select_items(wanted).order_by(ReplayItemRow.number)
            return list(session.scalars(query))

    def cancel(self, wanted: Filter) -> list[DeliveryRow]:
        """Somebody says no to these; which could be cancelled."""
        with self.database.transaction() as session:
            rows = list(session.scalars(select_deliveries(wanted).order_by(DeliveryRow.seq)))
            now = self.clock.now()
            return cancel(session, self.world, rows, by="ann", why="noise", now=now)

    def release(self) -> None:
        """Somebody lets everything go that is held."""
        with self.database.transaction() as session:
            for held in session.scalars(select(HoldRow).where(HoldRow.state == "open")).all():
                self.verdict(session, held, "release")

    def discard(self) -> None:
        """Somebody drops everything that is held."""
        with self.database.transaction() as session:
            for held in session.scalars(select(HoldRow).where(HoldRow.state == "open")).all():
                self.verdict(session, held, "discard")

    def verdict(self, session: Session, held: HoldRow, what: str, **more: Any) -> None:
        """Somebody decides on one hold."""
        decide = verdict.release if what == "release" else verdict.discard
        now = self.clock.now()
        decide(session, self.world, held, by="ann", why="looked at", now=now, **more)

    def holds(self, state: str = "open") -> list[HoldRow]:
        """Those in that state, the oldest first."""
        query = select(HoldRow).where(HoldRow.state == state).order_by(HoldRow.seq)
        with self.database.reading() as session:
            return list(session.scalars(query))

    def connection(self, name: str) -> ConnectionRow:
        with self.database.reading() as session:
            return session.get_one(ConnectionRow, name)

    def pause(self, name: str) -> None:
        """A person pauses a connection."""
        now = self.clock.now()
        self.act(
            lambda session: connection.set_by_person(
                session, name, connection.PAUSED, reason="", now=now
            )
        )

    def resume(self, name: str) -> None:
        """And lets it go again."""
        now = self.clock.now()
        self.act(
            lambda session: connection.set_by_person(
                session, name, connection.OPEN, reason="", now=now
            )
        )

    def limit(self, name: str, *, most: int, seconds: float) -> None:
        """From now on that connection takes no more than so many calls."""
        windows = (Window(most=most, seconds=seconds),)
        limited = self.world.connections[name].settings.model_copy(
            update={"limits": {CALLS: windows}}
        )
        self.settings = {**self.settings, name: limited}
        self.forget_compiled()

    def crowd(self, name: str, number: int) -> None:
        """So many other deliveries are to go there."""
        now = self.clock.now()
        made = [
            rows.delivery(
                f"crowd-{one}", now, state="pending", connection=name, action="tracker.fill_issue",
                args={"issue": "tracker:issue:99", "fields": {}}, ordering_key=f"{name}|{one}",
                not_before=now,
            )
            for one in range(number)
        ]  # fmt: skip
        self.act(lambda session: outbox.owe(session, made))

    def spoil(self, wanted: str) -> None:
        """A delivery is stored in a form that this version cannot read."""
        one = update(DeliveryRow).where(DeliveryRow.id == wanted).values(needs=["no mapping"])
        self.act(lambda session: session.execute(one))

    def doubt(self, wanted: str) -> None:
        """Nobody knows whether a delivery has happened."""
        one = update(DeliveryRow).where(DeliveryRow.id == wanted).values(find_first=True)
        self.act(lambda session: session.execute(one))

    def message(self, wanted: str) -> MessageRow:
        with self.database.reading() as session:
            return session.scalars(select(MessageRow).where(MessageRow.id == wanted)).one()

    def events(self, kind: str = "") -> list[EventRow]:
        query = select(EventRow).order_by(EventRow.seq)
        with self.database.reading() as session:
            return [row for row in session.scalars(query) if row.kind.startswith(kind)]

    def deliveries(self, rule: str = "", *, step: str = "") -> list[DeliveryRow]:
        """What is owed, oldest first; of the rules, or of one of them."""
        query = select(DeliveryRow).order_by(DeliveryRow.seq)
        with self.database.reading() as session:
            return [
                row
                for row in session.scalars(query)
                if (row.rule == rule if rule else not row.rule.startswith("source:"))
                and step in {"", row.step}
            ]

    def decisions(self) -> list[DecisionRow]:
        with self.database.reading() as session:
            return list(session.scalars(select(DecisionRow).order_by(DecisionRow.seq)))

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """All that the pipeline keeps, by table, in the order of its keys, but for random ids."""
        found = {}
        with self.database.reading() as session:
            for kept in KEPT:
                table = Base.metadata.tables[kept.__tablename__]
                lines = session.execute(select(table).order_by(*table.primary_key)).mappings()
                found[table.name] = [{**line, "message_id": None} for line in lines]
        return found

    def why(self, what: str, question: Question = PLAIN) -> list[Explained]:
        """What explains an event, or the newest events of a record."""
        with self.database.reading() as session:
            return explain(session, self.world, what, question)

    def story(self, what: str, *, rule: str = "", limit: int = 10) -> ExplainedRecord:
        """What explains a record that is there."""
        question = Question(wanted=Wanted(rule=rule))
        with self.database.reading() as session:
            found = explain_record(session, self.world, what, question, limit=limit)
        assert found is not None
        return found

    def links(self) -> list[LinkRow]:
        with self.database.reading() as session:
            return list(session.scalars(select(LinkRow).order_by(LinkRow.created_at)))

    def record(self, ref: str) -> RecordRow:
        with self.database.reading() as session:
            return session.get_one(RecordRow, ref)

    @property
    def crm(self) -> Vendor:
        found: Vendor = self.vendors["crm"]
        return found

    @property
    def tracker(self) -> Vendor:
        found: Vendor = self.vendors["tracker"]
        return found

    @property
    def chat(self) -> Vendor:
        found: Vendor = self.vendors["chat"]
        return found


def rule(
    *,
    do: str,
    when: str = "feedback.created",
    name: str = "r",
    more: str = "",
) -> str:
    """A file with one rule; `do` and `more` are YAML."""
    return "\n".join(
        [
            "version: 1",
            "maps: {word: {critical: Highest}}",
            "rules:",
            f"  - id: {name}",
            "    description: d",
            f"    when: {when}",
            f"    {more}",
            f"    do: {do}",
            "    tests: [{name: t, given: {event: feedback.created}, expect: []}]",
        ]
    )


__all__ = ["RULES", "SOURCES", "START", "Town", "rule"]
