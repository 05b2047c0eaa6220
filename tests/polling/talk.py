"""A town where people comment on cases, and the searches that find what no message told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select

from bridge.inbox.tables import PollRow
from bridge.ledger.tables import EventRow, RecordRow
from bridge.pipeline.polling import store
from pipeline.town import RULES, SOURCES, Town

EVERY = timedelta(minutes=15)
MINUTE = 60.0
SOURCE = "said"
COMMENTS = """\
  - id: said
    from: {connection: crm, object: comment}
    as: comment
    poll: 15m
    fields: {parent: on, body: body, public: public}
"""


@dataclass(kw_only=True)
class Talk:
    """What is said is told by nobody, and a minute and more goes by, but for `wait` (seconds)."""

    town: Town

    def __post_init__(self) -> None:
        self.town.live_by(RULES, sources=SOURCES + COMMENTS)
        now = self.town.clock.now()
        self.town.act(lambda session: store.plan(session, {SOURCE: EVERY}, now=now))
        self.touch()

    def say(
        self,
        number: str,
        body: str,
        *,
        on: str = "1",
        at: datetime | None = None,
        wait: float = 2 * MINUTE,
        **more: Any,
    ) -> None:
        """Somebody writes it, or writes it anew; what it is on changes with it."""
        said = {"on": on, "body": body, "stamp": at or self.town.clock.now(), **more}
        self.town.vendors["crm"].said[number] = said
        self.touch(on, wait=wait)

    def take_away(self, number: str) -> None:
        said = self.town.vendors["crm"].said.pop(number)
        self.touch(said["on"])

    def touch(self, number: str = "1", *, wait: float = 2 * MINUTE) -> None:
        """A case changes, in whatever way."""
        self.town.vendors["crm"].records[number] = {"Title": "x", "stamp": self.town.clock.now()}
        self.town.clock.advance(wait)

    def tell(self, number: str, *, act: str = "seen") -> None:
        """The message that tells of a comment as it is now."""
        said = self.town.vendors["crm"].said[number]
        fields = {"on": f"crm:Case:{said['on']}", "body": said["body"]}
        fields |= {"public": said["public"]} if "public" in said else {}
        stamp = said["stamp"].isoformat()
        version = "" if act == "created" else stamp
        told = {"object": "comment", "id": number, "act": act, "fields": fields, "version": version}
        self.town.receive("crm", orjson.dumps([{**told, "stamp": stamp, "created": stamp}]))
        self.town.settle()

    def let_a_search_come(self) -> None:
        self.town.clock.advance(EVERY)

    def turn(self) -> None:
        self.let_a_search_come()
        self.town.settle()

    def away(self, error: Exception) -> None:
        """The CRM does not answer this once."""
        self.town.vendors["crm"].reads = lambda: None
        raise error

    def plan_looks(self) -> None:
        """As if its known records were to be looked for one by one."""
        asked = COMMENTS.replace("poll: 15m", "poll: {every: 15m, gone: 24h}")
        self.town.live_by(RULES, sources=SOURCES + asked)
        now, within = self.town.clock.now(), {SOURCE: timedelta(hours=24)}
        self.town.act(lambda session: store.plan_looks(session, within, now=now))

    def events(self) -> list[EventRow]:
        return self.town.events("comment")

    def known_to_be_gone(self) -> list[str]:
        gone = select(RecordRow.ref).where(RecordRow.deleted_at.is_not(None))
        with self.town.database.reading() as session:
            return list(session.scalars(gone.order_by(RecordRow.ref)))

    def found(self) -> int:
        return self._row().found

    def problem(self) -> str:
        return self._row().problem

    def begun_at(self) -> datetime | None:
        return self._row().begun_at

    def _row(self) -> PollRow:
        with self.town.database.reading() as session:
            found = store.one(session, SOURCE)
        assert found is not None
        return found
