"""A town with one rule whose cards are told by a route; and what people in the chat got to read."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.alerts import matcher, silences
from bridge.alerts.tables import AlertRow, GroupRow, SilenceRow
from bridge.outbox.search import Filter
from bridge.pipeline.replay.wish import ReplayMode
from bridge.rules.examples import run_examples
from pipeline.town import SOURCES, Town

RULE = """
version: 1
rules:
  - id: outage
    description: What is critical is told.
    when: [feedback.created, feedback.updated]
    if: feedback.severity == "critical"
    do:
      - id: card
        chat.post: {{channel: ops, title: "${{feedback.title}}"}}
        route: {{{route}}}
    tests: [{{name: t, given: {{event: feedback.created}}, expect: []}}]
"""
LASTS = 'resolve: has(feedback.severity) && feedback.severity != "critical"'


@dataclass(kw_only=True)
class Siren:
    """Cases are `case 1 … n`; the chat is what the vendor was asked to post, oldest first."""

    town: Town

    def live_by(self, route: str) -> None:
        """And the first second passes: what is older than the connection is no news."""
        self.town.live_by(RULE.format(route=route))
        self.town.clock.advance(1)

    def critical(self, number: str, title: str = "", *, product: str = "Router") -> None:
        """A case is critical, for the first time or with another title."""
        self._case(number, Severity="Critical", Title=title or f"case {number}", Product=product)

    def delete(self, number: str) -> None:
        """A case is deleted."""
        told = {"object": "Case", "id": number, "act": "deleted", "fields": {}}
        self.town.tell("crm", told)
        self.town.settle()

    def redecide(self, event: str) -> None:
        """A person replays an event under the rules of today."""
        self.town.replay(Filter(event=event), mode=ReplayMode.REDECIDE)
        self.town.settle()

    def examined(self, route: str, expected: str) -> str:
        """What is wrong with a test in the mapping that expects this of the route; nothing if it passes."""
        given = (
            "{event: feedback.created, feedback: {severity: critical, title: t, product: Router}}"
        )
        whole = RULE.format(route=route).replace(
            "given: {event: feedback.created}, expect: []",
            f"given: {given}, expect: [{{chat.post: {{}}, route: {expected}}}]",
        )
        rules = self.town.world.sets.compile({"sources/s.yaml": SOURCES, "rules/r.yaml": whole})
        (result,) = run_examples(rules, actions=self.town.actions, kinds=self.town.kinds)
        return "" if result.problem is None else str(result.problem)

    def flood(self, *numbers: str) -> None:
        """Many cases are critical, one after the other."""
        for number in numbers:
            self.critical(number)

    def calm(self, number: str) -> None:
        """A case is critical no more."""
        self._case(number, Severity="Low", Title=f"case {number}", Product="Router")

    def _case(self, number: str, **fields: str) -> None:
        self.town.tell(
            "crm", {"object": "Case", "id": number, "fields": {"Number": number, **fields}}
        )
        self.town.settle()

    def wait(self, seconds: float) -> None:
        """Time passes in one leap, and what became due is done."""
        self.town.wait(seconds)

    def silence(self, *matchers: str, hours: float) -> str:
        """A person silences what fits; the silence's id."""
        now = self.town.clock.now()
        row: SilenceRow = self.town.act(
            lambda session: silences.add(
                session,
                [matcher.parse(one) for one in matchers],
                starts_at=now,
                ends_at=now + timedelta(hours=hours),
                author="anna",
                comment="planned",
                now=now,
            )
        )
        return row.id

    def end_silence(self, silence: str) -> None:
        def end(session: Session) -> None:
            row = silences.one(session, silence)
            assert row is not None
            silences.expire(session, row, by="anna", now=self.town.clock.now())

        self.town.act(end)

    @property
    def chat(self) -> list[str]:
        return [one.removeprefix("post ") for one in self.town.chat.asked]

    def groups(self) -> list[GroupRow]:
        with self.town.database.reading() as session:
            return list(session.scalars(select(GroupRow).order_by(GroupRow.seq)))

    def alerts(self) -> list[AlertRow]:
        with self.town.database.reading() as session:
            return list(session.scalars(select(AlertRow).order_by(AlertRow.seq)))
