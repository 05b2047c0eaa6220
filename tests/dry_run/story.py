"""A past by the demo's generator, under three sets of rules one after the other, with replays."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from bridge.canonical.event import NO_NEWS
from bridge.db import Base
from bridge.demo.past import Teller, standing
from bridge.insight.window import Window
from bridge.ledger.tables import EventRow
from bridge.outbox.search import Filter
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.dry_run.proof import is_first
from bridge.pipeline.dry_run.report import Report
from bridge.pipeline.dry_run.run import DryRun, Wish
from bridge.pipeline.replay import planning, running, wish
from bridge.pipeline.replay.wish import ReplayMode
from bridge.rules import store
from bridge.rules.folder import read_folder
from bridge.rules.tables import DecisionRow
from clocks import START, FakeClock
from inbox.house import MAPPINGS

MORE = Path(__file__).with_name("more.yaml")
SERIOUS = '["critical", "high"]'
DAYS = timedelta(days=9)
Files = dict[str, str]
T = TypeVar("T", bound=Base)


def shipped(**replaced: str) -> Files:
    """The shipped mappings and more; `feedback="…"` is what stands for the serious severities."""
    files = read_folder(MAPPINGS) | {"rules/more.yaml": MORE.read_text()}
    for name, text in replaced.items():
        file = f"rules/{name}.yaml"
        old, _, new = text.partition(" -> ")
        files[file] = files[file].replace(old, new)
    return files


MENDED = "Cloud: Platform -> Cloud: Platform, Sensor: Hardware"
STRICT = f'{SERIOUS} -> ["critical"]'
FIRST = shipped(feedback=STRICT)
SECOND = shipped(feedback=STRICT, more=MENDED)
LAST = shipped(more=MENDED)


@dataclass(kw_only=True)
class Story:
    """Told, and asked what other rules would have made of it."""

    teller: Teller

    @classmethod
    @contextmanager
    def told(cls, url: str, folder: Path, count: int) -> Iterator["Story"]:
        """So many sightings: a third under each set; then replays of what died."""
        with standing(url, folder, MAPPINGS, at=START) as teller:
            story = cls(teller=teller)
            for files in (FIRST, SECOND, LAST):
                story.activate(files)
                teller.tell(count // 3, over=DAYS / 3, meanwhile=lambda _: None)
            for mode in ReplayMode:
                story.replay(mode)
            teller.clock.advance(1)
            yield story

    def activate(self, files: Files) -> None:
        world, now = self.teller.bridge.world, self.teller.clock.now()
        wanted = world.sets.compile(files).hash
        with world.database.transaction() as session:
            store.activate(session, wanted, files, by="t", why="", kind="activate", now=now)

    def replay(self, mode: ReplayMode) -> None:
        world, now = self.teller.bridge.world, self.teller.clock.now()
        asked = wish.Wish(filter=Filter(state=(State.DEAD,)), mode=mode)
        with world.database.transaction() as session:
            plan = planning.plan(session, world, asked, principal="ann", now=now)
            running.begin(session, plan.id, by="ann", why="a test", now=now)
        self.teller.settle()

    def report(self, files: Files, **wish: Any) -> Report:
        """What a dry-run of these says of everything."""
        world, now = self.teller.bridge.world, self.teller.clock.now()
        run = DryRun(
            database=world.database,
            clock=FakeClock(),
            compile=world.sets.compile,
            actions=world.actions,
            candidate=world.sets.compile(files),
        )
        span = Window(since=START - DAYS, until=now)
        *_, last = run.run(Wish(span=span, **wish))
        assert isinstance(last, Report)
        return last

    def events(self) -> list[EventRow]:
        return self._all(EventRow)

    def feedback(self) -> list[EventRow]:
        """What may become a task: new feedback about a product, that is news."""
        return [
            row
            for row in self.events()
            if row.kind == "feedback.created"
            and row.origin not in NO_NEWS
            and row.record["product"]
        ]

    def serious_then(self, row: EventRow) -> bool:
        """Whether it was severe enough for the rules of then."""
        last = self.teller.bridge.world.sets.compile(LAST).hash
        severe = {"critical", "high"} if row.rule_version == last else {"critical"}
        return row.record["severity"] in severe

    def mended(self) -> list[DecisionRow]:
        """Decisions that failed and were decided again under a later set."""
        return [row for row in self._all(DecisionRow) if row.mended]

    def replayed(self) -> list[DeliveryRow]:
        return [row for row in self._all(DeliveryRow) if row.replay_id]

    def said(self, field: str, value: str) -> list[DeliveryRow]:
        """Deliveries that a rule owed and that set a field to this."""
        return [
            row
            for row in self._all(DeliveryRow)
            if row.event_id and is_first(row) and row.args.get("fields", {}).get(field) == value
        ]

    def _all(self, kind: type[T]) -> list[T]:
        with self.teller.bridge.database.reading() as session:
            return list(session.scalars(select(kind)))
