"""A mappings folder that is edited while processes follow it, and which version each fact has met."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from bridge.db import Database
from bridge.ledger.tables import EventRow
from bridge.outbox.tables import DeliveryRow, State
from bridge.rules.store import active_hash, history
from bridge.rules.tables import DecisionRow, RuleSetRow
from e2e.mortal import RULE, SOURCE

SOME = 20  # events of each version
FOLLOW = {"follow": True, "settle": "1s"}


@dataclass(frozen=True, kw_only=True)
class Folder:
    """Both of its files name the version they are of, and so does whatever comes of them."""

    path: Path
    database: Database

    def write(self, mark: str) -> None:
        """This version, one file after the other."""
        about = f"""about: {{value: 'has(record.title) ? "{mark}" : "untitled"'}}"""
        source = SOURCE.replace("state: state", about)
        rule = RULE.replace("${alert.title}", f"${{alert.title}} {mark} ${{alert.about}}")
        for name, text in (("sources/monitor.yaml", source), ("rules/monitor.yaml", rule)):
            (self.path / name).write_text(text, encoding="utf-8")

    def marks(self) -> Mapping[str, str]:
        """By hash: the version of each set that was ever active."""
        with self.database.reading() as session:
            rows = session.scalars(select(RuleSetRow)).all()
        return {row.hash: _mark(row.files["rules/monitor.yaml"]) for row in rows}

    def kinds(self) -> list[str]:
        """How each set became active, the newest first."""
        with self.database.reading() as session:
            return [row.kind for row in session.scalars(history())]

    def is_active(self, mark: str) -> bool:
        with self.database.reading() as session:
            found = active_hash(session)
        return self.marks().get(found or "") == mark

    def decided(self, mark: str) -> bool:
        """Whether this version has decided some events by now."""
        return self._count(mark, EventRow.rule_version, EventRow.matched == 1) >= SOME

    def is_at_work(self, mark: str) -> bool:
        """Whether it has, and there is something it asked for that nobody has sent."""
        pending = DeliveryRow.state == State.PENDING
        return self.decided(mark) and self._count(mark, DeliveryRow.rule_version, pending) > 0

    def met(self) -> list[tuple[str, str, str, str]]:
        """Of each event: its title, and the versions by which it, its decision and its delivery go."""
        marks = self.marks()
        query = (
            select(
                EventRow.record,
                EventRow.rule_version,
                DecisionRow.rule_version,
                DeliveryRow.rule_version,
            )
            .join(DecisionRow, DecisionRow.event_id == EventRow.id)
            .join(DeliveryRow, DeliveryRow.event_id == EventRow.id)
        )
        with self.database.reading() as session:
            rows = session.execute(query).all()
        return [(row[0]["title"], *(marks[one] for one in row[1:])) for row in rows]

    def _count(
        self, mark: str, version: InstrumentedAttribute[Any], condition: ColumnElement[bool]
    ) -> int:
        hashes = [one for one, found in self.marks().items() if found == mark]
        query = select(func.count()).where(version.in_(hashes), condition)
        with self.database.reading() as session:
            return session.scalar(query) or 0


def follow(config: Path) -> None:
    """Say in `bridge.yaml` that the folder is followed."""
    document = yaml.safe_load(config.read_text("utf-8"))
    config.write_text(yaml.safe_dump({**document, "rules": FOLLOW}), "utf-8")


def titles(summaries: list[str]) -> Counter[str]:
    """How many issues each alert has, by its title; a summary that mixes versions is no alert's."""
    found: Counter[str] = Counter()
    for summary in summaries:
        title, _, marks = summary.partition(" v")
        one, _, other = f"v{marks}".partition(" ")
        found[title if one == other else f"mixed: {summary}"] += 1
    return found


def _mark(rule: str) -> str:
    return rule.partition("${alert.title} ")[2].partition(" ")[0]
