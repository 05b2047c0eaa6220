"""A case and an issue that are linked and in a sync, and the people at both ends."""

from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import select

from bridge.db import Database
from bridge.ledger import links
from bridge.ledger.tables import ChangeRow, LinkRow
from bridge.outbox import connection
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.after import tell_linked
from bridge.rules import store as rule_store
from clocks import FakeClock
from pipeline.town import Town
from pipeline.vendors import SYSTEMS, Vendor
from syncing.vendors import Held, connector

SOURCES = """
version: 1
maps:
  level: {Critical: critical, High: high, Medium: medium, Low: low}
sources:
  - id: cases
    from: {connection: crm, object: Case}
    as: feedback
    fields:
      number: Number
      title: Title
      body: Body
      severity: {field: Severity, map: level}
      product: Product
      promised: Promised
      status: State
    write_back: {problem: Problem}
  - id: issues
    from: {connection: tracker, object: issue}
    as: work_item
    fields:
      {key: key, title: summary, body: text, priority: priority, due: due, labels: labels,
       status: status, sprint: sprint}
"""
RULES = "version: 1\nrules: []\n"
SYNC = """
version: 1
maps: {urgency: {critical: Highest, high: High, medium: Medium, low: Low}}
syncs:
  - id: pair
    description: A case and its issue say the same.
    between: [cases, issues]
    stop: {crm: feedback.product == "Stopped", tracker: '"no-sync" in work_item.labels'}
    fields:
      - {crm: title, tracker: title, owner: latest}
      - {crm: body, tracker: body, owner: latest}
      - {crm: severity, tracker: priority, owner: ask, map: urgency}
      - {crm: promised, tracker: due, owner: tracker}
      - {crm: status, tracker: status, owner: latest}
"""
CASE: dict[str, Any] = {"Number": "00001", "Title": "Reboots", "Body": "At night", "Severity": "High", "State": "todo",
        "Promised": None, "Product": None}  # fmt: skip
ISSUE: dict[str, Any] = {"key": "T-7", "summary": "Reboots", "text": "At night", "priority": "High", "status": "todo",
         "due": None, "labels": [], "sprint": None}  # fmt: skip
ENDS = {"crm": ("Case", "1"), "tracker": ("issue", "7")}


@dataclass(kw_only=True)
class Pair:
    """`say` is what a message of a moment tells; `hear` brings it in, then or later."""

    database: Database
    clock: FakeClock
    sync: str = SYNC
    sources: str = SOURCES
    town: Town = field(init=False)

    def __post_init__(self) -> None:
        made: dict[str, Any] = {
            name: Held(name=name, clock=self.clock) if name in ENDS else Vendor(name=name)
            for name in SYSTEMS
        }
        self.town = Town(
            database=self.database,
            clock=self.clock,
            vendors=made,
            connectors={name: connector(name) for name in SYSTEMS},
        )
        self.live_by(self.sync)

    @property
    def crm(self) -> Held:
        found: Held = self.town.vendors["crm"]
        return found

    @property
    def tracker(self) -> Held:
        found: Held = self.town.vendors["tracker"]
        return found

    def live_by(self, sync: str, *, rules: str = RULES, people: str = "") -> None:
        """Make this sync a part of the active mappings."""
        files = {"sources/s.yaml": self.sources, "rules/r.yaml": rules, "syncs/s.yaml": sync}
        files |= {"people.yaml": people} if people else {}
        wanted = self.town.world.sets.compile(files).hash
        now = self.clock.now()
        self.town.act(
            lambda session: rule_store.activate(
                session, wanted, files, by="t", why="", kind="activate", now=now
            )
        )

    def begin(
        self, *, case: dict[str, Any] | None = None, issue: dict[str, Any] | None = None
    ) -> None:
        """Both are there and known, are linked, and whatever follows from that is done."""
        self.crm.edit("1", **{**CASE, **(case or {})})
        self.clock.advance(1)
        self.tracker.edit("7", **{**ISSUE, **(issue or {})})
        self.clock.advance(1)
        for name in ENDS:
            self.hear(self.say(name))
        self.link()
        self.quiet()
        self.forget()

    def link(self, case: str = "1", issue: str = "7") -> None:
        wanted = links.Wanted(
            left_ref=f"crm:Case:{case}",
            left_kind="feedback",
            right_kind="work_item",
            right_connection="tracker",
            relation="mirrors",
            role="pair",
            event_id=None,
            delivery_id=None,
        )
        now = self.clock.now()

        def do(session: Any) -> None:
            right = f"tracker:issue:{issue}"
            links.adopt(session, wanted, right_ref=right, now=now, key=f"T-{issue}")
            made = session.get_one(LinkRow, wanted.id)
            tell_linked(session, self.town.world, made, message_id=None, now=now)

        self.town.act(do)

    def forget(self) -> None:
        """What was written so far is not counted."""
        for one in (self.crm, self.tracker):
            one.writes, one.asked, one.reads_made = [], [], 0

    def edit(self, name: str, **fields: Any) -> bytes:
        """Somebody changes a record a second later; the message that tells of it."""
        self.clock.advance(1)
        self.vendor(name).edit(ENDS[name][1], **fields)
        return self.say(name)

    def say(self, name: str, number: str = "", *, ours: bool = False) -> bytes:
        """What a message tells of a record as it is now; `ours`: and that we were the last there."""
        object_, number = ENDS[name][0], number or ENDS[name][1]
        record = dict(self.vendor(name).records[number])
        times = {one: record.pop(one, None) for one in ("stamp", "created")}
        told = {"object": object_, "id": number, "fields": record, "complete": True, "ours": ours}
        return orjson.dumps([{**told, **times}])

    def hear(self, *messages: bytes) -> None:
        """These come in, in this order, and what follows is done."""
        for body in messages:
            name = "crm" if b'"Case"' in body else "tracker"
            self.town.receive(name, body)
        self.town.settle()

    def send_together(self) -> list[int]:
        """All that is due goes out, in as few calls as may be; how many go with each."""
        hands = self.town.dispatcher
        calls = hands.calls(hands.claim(50, busy={}))
        for call in calls:
            hands.recorder.record(hands.act(call))
        return [len(call) for call in calls]

    def change(self, name: str, **fields: Any) -> None:
        """Somebody changes a record, and all that follows is told and done."""
        self.hear(self.edit(name, **fields))
        self.quiet()

    def resume(self, name: str) -> None:
        """A person lets a connection go on, and what waited goes."""
        now = self.clock.now()
        self.town.act(
            lambda session: connection.set_by_person(
                session, name, connection.OPEN, reason="", now=now
            )
        )
        self.town.settle()

    def quiet(self) -> None:
        """Every record is told as it is, until nothing more is written."""
        for _ in range(10):
            before = len(self.crm.writes) + len(self.tracker.writes)
            self.clock.advance(1)
            for name in ENDS:
                self.hear(self.say(name))
            if len(self.crm.writes) + len(self.tracker.writes) == before:
                return
        raise AssertionError("they go on and on")

    def vendor(self, name: str) -> Held:
        found: Held = self.town.vendors[name]
        return found

    def case(self, name: str) -> Any:
        return self.crm.records["1"].get(name)

    def issue(self, name: str) -> Any:
        return self.tracker.records["7"].get(name)

    def owed(self) -> list[DeliveryRow]:
        """What the sync has owed, oldest first."""
        return self.town.deliveries("sync:pair")

    def changes(self, name: str) -> list[tuple[str, Any]]:
        """The history of one field of both: where, and to what."""
        query = select(ChangeRow).where(ChangeRow.field == name).order_by(ChangeRow.seq)
        with self.database.reading() as session:
            return [(row.record.partition(":")[0], row.after) for row in session.scalars(query)]

    def beside(self) -> Town:
        """Another node on the same database and the same two systems."""
        return Town(
            database=self.database,
            clock=self.clock,
            vendors=self.town.vendors,
            connectors=self.town.connectors,
        )
