"""A town whose rules wait for time, and the hand that turns the glass."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.calendars import Calendar
from bridge.canonical.timed import TIMED
from bridge.ledger.tables import EventRow
from bridge.pipeline.timing import keep
from bridge.pipeline.timing.replanning import SETTLED
from bridge.timers.store import of_records
from pipeline.town import Town

BERLIN = ZoneInfo("Europe/Berlin")
CALENDARS: Mapping[str, Calendar] = {
    "default": Calendar(zone=BERLIN, country="DE"),
    "shanghai": Calendar(zone=ZoneInfo("Asia/Shanghai"), country="CN"),
}
SOURCES = """
version: 1
sources:
  - id: cases
    from: {connection: crm, object: Case}
    as: feedback
    fields: {number: Number, title: Title, status: Status}
  - id: issues
    from: {connection: tracker, object: issue}
    as: work_item
    fields: {key: key, title: summary, status: status, due: due, promised: promised}
  - id: remarks
    from: {connection: crm, object: Remark}
    as: comment
    fields: {parent: Parent, body: Body, author: {id: Author}, public: Public}
  - id: notes
    from: {connection: tracker, object: note}
    as: comment
    fields: {parent: parent, body: body, author: {id: author}}
"""
PEOPLE = """
version: 1
people: [{name: Ann, department: Support, identities: {crm: ann}}]
"""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rules(*parts: str) -> str:
    """A file of rules, each as `name event key: value; …`: what comes of one is a post of its name."""
    lines = ["version: 1", "rules:"]
    for part in parts:
        name, event, *more = part.split(" ", 2)
        lines += [
            f"  - id: {name}",
            "    description: d",
            f"    when: {event}",
            *(f"    {one.strip()}" for one in " ".join(more).split(";") if one.strip()),
            f'    do: [{{chat.post: {{channel: c, title: "{name}, late: ${{event.late}}"}}}}]',
            f"    tests: [{{name: t, given: {{event: {TIMED.get(event, 'work_item')}.updated}}, expect: []}}]",
        ]
    return "\n".join(lines)


@dataclass
class Hourglass:
    """`town` is one node, and leads; what it tells is read from the database."""

    town: Town
    nodes: list[Town] = field(default_factory=list)

    def live_by(self, *parts: str) -> None:
        """These are the active rules, and all records have been looked through for them."""
        self.activate(*parts)
        self.turn(SETTLED)

    def activate(self, *parts: str) -> None:
        self.town.live_by(rules(*parts), sources=SOURCES, people=PEOPLE)

    def restart(self) -> None:
        self.town.forget_compiled()

    def keep(self) -> None:
        """The leader looks, and what came of it is delivered."""
        keep(self.town.world)
        self.town.settle()

    def turn(self, by: timedelta) -> None:
        """So much time passes, and the leader looks."""
        self.town.clock.advance(by)
        self.keep()

    def turn_to(self, text: str) -> None:
        """It is this time in UTC now, and the leader looks."""
        self.turn(utc(text) - self.town.clock.now())

    def work(self, number: str = "1", **fields: Any) -> None:
        """The tracker shows an issue, as it is now."""
        self.town.issue(number, **fields)
        self.town.settle()

    def case(self, number: str = "1", **fields: Any) -> None:
        self.town.case(number, **fields)
        self.town.settle()

    def remark(self, number: str, *, by: str, on: str = "1", public: bool = True) -> None:
        """Somebody comments on a case."""
        told = {"Parent": f"crm:Case:{on}", "Author": by, "Public": public}
        self.town.clock.advance(1)
        self.town.tell("crm", {"object": "Remark", "id": number, "fields": told})
        self.town.settle()

    def note(self, number: str, *, on: str = "1") -> None:
        """Somebody comments on an issue."""
        self.town.clock.advance(1)
        told = {"parent": f"tracker:issue:{on}", "author": "eve"}
        self.town.tell("tracker", {"object": "note", "id": number, "fields": told})
        self.town.settle()

    def delete(self, number: str = "1") -> None:
        self.town.clock.advance(1)
        self.town.tell("tracker", {"object": "issue", "id": number, "act": "deleted"})
        self.town.settle()

    def keep_on(self, start: threading.Barrier) -> None:
        """Look as a leader does, beside others that believe they lead."""
        start.wait(timeout=60)
        while keep(self.town.world):
            pass

    @property
    def events(self) -> list[EventRow]:
        """What time has made, oldest first."""
        return [row for row in self.town.events() if row.kind in TIMED]

    @property
    def told(self) -> list[str]:
        """Each event of time: which rule, of which record, when it was to come."""
        return [
            f"{row.facts['due']['rule']} {row.subject.rpartition(':')[2]} {row.occurred_at:%m-%d %H:%M}"
            for row in self.events
        ]

    @property
    def posts(self) -> list[str]:
        """What was posted, in order."""
        return [one.removeprefix("post ") for one in self.town.chat.asked]

    @property
    def timers(self) -> dict[str, str]:
        """What is to come: rule and record, and when."""
        refs = {row.subject for row in self.town.events()}
        with self.town.database.reading() as session:
            found = of_records(session, refs)
        return {
            f"{rule} {record.rpartition(':')[2]}": f"{timer.due_at:%m-%d %H:%M}"
            for (record, rule), timer in sorted(found.items())
        }
