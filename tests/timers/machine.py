"""Timers beside a naive model of them, over any sequence of facts, rules, time, restarts and leaders."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bridge.pipeline.timing import keep
from bridge.pipeline.timing.replanning import SETTLED
from bridge.timers.store import of_records
from pipeline.town import Town
from timers.hourglass import CALENDARS, Hourglass, utc

SETS: dict[str, dict[str, str]] = {
    "none": {"other": "other work_item.created"},
    "day": {"late": "late work.overdue after: 1 business day"},
    "hours": {"late": "late work.overdue after: 3h"},
    "all": {
        "late": "late work.overdue after: 1 business day",
        "soon": "soon work.due_soon before: 1 business day",
        "still": "still work.stalled after: 4 business hours",
    },
}
DATES = ["2026-11-20T12:00:00Z", "2026-11-23T12:00:00Z", "2026-11-25T00:00:00Z"]
DATES += ["2026-11-26T16:00:00Z"]
NUMBERS = st.sampled_from(["1", "2"])
NAMES = st.sampled_from(sorted(SETS))
DUE = st.sampled_from([None, *DATES])
STATUS = st.sampled_from(["todo", "in_progress", "in_progress", "done"])
STEPS = st.sampled_from(
    [timedelta(0), timedelta(seconds=9), timedelta(hours=2), timedelta(hours=9)]
)


@dataclass(frozen=True, kw_only=True)
class Item:
    """An issue as the model knows it."""

    due: str | None
    status: str
    changed_at: datetime
    heard_at: datetime | None = None
    gone: bool = False


@dataclass(frozen=True)
class Armed:
    since: datetime
    at: datetime


class Timers(RuleBasedStateMachine):
    """`make` gives a town on an empty database."""

    make: ClassVar[Callable[[], Town]]

    def __init__(self) -> None:
        super().__init__()
        self.glass = Hourglass(type(self).make())
        self.calendar = CALENDARS["default"]
        self.comments = 0
        self.items: dict[str, Item] = {}
        self.active: dict[str, str] = {}  # active
        self.planned: dict[str, str] = {}  # for which all records were looked through
        self.left: set[str] = set()  # rules that were away, or another, since that look
        self.armed: dict[tuple[str, str], Armed] = {}
        self.told: set[tuple[str, str, datetime]] = set()

    @property
    def now(self) -> datetime:
        return self.glass.town.clock.now()

    # What happens, to Bridge and to the model. After each of it time passes, and a leader looks.

    @initialize(name=NAMES, shown=st.tuples(DUE, DUE))
    def begins(self, name: str, shown: tuple[str | None, str | None]) -> None:
        self.activates(name, timedelta(0))
        for number, due in enumerate(shown, start=1):
            self._shows(str(number), due, "in_progress")

    @rule(number=NUMBERS, due=DUE, status=STATUS, by=STEPS)
    def tracker_shows(self, number: str, due: str | None, status: str, by: timedelta) -> None:
        self._shows(number, due, status)
        self._turn(by)

    @rule(number=NUMBERS, by=STEPS)
    def tracker_deletes(self, number: str, by: timedelta) -> None:
        if not self.items[number].gone:
            self.glass.delete(number)
            self._becomes(number, replace(self.items[number], gone=True))
        self._turn(by)

    @rule(number=NUMBERS, by=STEPS)
    def somebody_comments(self, number: str, by: timedelta) -> None:
        self.comments += 1
        self.glass.note(str(self.comments), on=number)
        self.items[number] = replace(self.items[number], heard_at=self.now)
        self._turn(by)

    @rule(name=NAMES, by=STEPS)
    def activates(self, name: str, by: timedelta) -> None:
        self.glass.activate(*SETS[name].values())
        self.active = {key: text for key, text in SETS[name].items() if key != "other"}
        known = self.planned.items()
        self.left |= {key for key, text in known if self.active.get(key) != text}
        self.activated_at = self.now
        self._turn(by)

    @rule(by=STEPS)
    def another_node_leads(self, by: timedelta) -> None:
        """One that has just started: nothing is compiled yet, and it knows nothing of the other."""
        self.glass.restart()
        self._turn(by)

    def _shows(self, number: str, due: str | None, status: str) -> None:
        self.glass.town.issue(number, due=due, status=status)
        self.glass.town.intake.drain()
        was = self.items.get(number)
        same = was is not None and (was.due, was.status) == (due, status)
        changed_at = was.changed_at if was is not None and same else self.now
        heard_at = None if was is None else was.heard_at
        item = Item(due=due, status=status, changed_at=changed_at, heard_at=heard_at)
        self._becomes(number, item)

    def _turn(self, by: timedelta) -> None:
        if not by:
            return
        self.glass.town.clock.advance(by)
        keep(self.glass.town.world)
        if self.now - self.activated_at >= SETTLED:
            self._look_through()
        for key, armed in list(self.armed.items()):
            if armed.at <= self.now:
                self._comes(*key)

    # The model.

    def _becomes(self, number: str, item: Item) -> None:
        was, self.items[number] = self.items.get(number), item
        for name in self.active:
            before = None if was is None else self._since(name, was)
            since = self._since(name, item)
            if since != before:
                self._arm(name, number, since, old=False)

    def _arm(self, name: str, number: str, since: datetime | None, *, old: bool) -> None:
        at = None if since is None else self._at(name, since)
        over = name == "soon" and since is not None and self._end(since) <= self.now
        self.armed.pop((name, number), None)
        if since is None or at is None or over or (old and at <= self.now and name != "soon"):
            return
        self.armed[name, number] = Armed(since, at)

    def _look_through(self) -> None:
        for name in self.planned.keys() - self.active.keys():
            self.armed = {key: one for key, one in self.armed.items() if key[0] != name}
        new = {name for name in self.active if name not in self.planned or name in self.left}
        for name in new:
            for number, item in self.items.items():
                there = (name, number) in self.armed
                self._arm(name, number, self._since(name, item), old=not there)
        self.planned, self.left = dict(self.active), set()

    def _comes(self, name: str, number: str) -> None:
        self.armed.pop((name, number))
        if name not in self.active:
            return
        item = self.items[number]
        since = self._since(name, item)
        if since is not None and name == "still" and item.heard_at is not None:
            since = max(since, item.heard_at)
        if since is None:
            return
        if self._at(name, since) > self.now:
            self.armed[name, number] = Armed(since, self._at(name, since))
        else:
            self.told.add((name, number, since))

    def _since(self, name: str, item: Item) -> datetime | None:
        if item.gone or item.status == "done":
            return None
        if name == "still":
            return item.changed_at if item.status == "in_progress" else None
        return None if item.due is None else utc(item.due.removesuffix("Z"))

    def _at(self, name: str, since: datetime) -> datetime:
        if name == "still":
            return self.calendar.add_time(timedelta(hours=4), since)
        if name == "soon":
            day = self._is_day(since)
            return self.calendar.add_days(-1, self.calendar.begins(since.date()) if day else since)
        if self.active.get(name) == SETS["hours"]["late"]:
            return self._end(since) + timedelta(hours=3)
        return self.calendar.add_days(1, self._end(since))

    def _end(self, since: datetime) -> datetime:
        next_day = since.date() + timedelta(days=1)
        return self.calendar.begins(next_day) if self._is_day(since) else since

    def _is_day(self, since: datetime) -> bool:
        return (since.hour, since.minute, since.second) == (0, 0, 0)

    # What must hold, always.

    @invariant()
    def time_has_made_what_the_model_says_and_once(self) -> None:
        made = [self._named(row.facts["due"], row.subject) for row in self.glass.events]

        assert len(made) == len(set(made))
        assert set(made) == self.told

    @invariant()
    def what_is_to_come_is_what_the_model_says(self) -> None:
        refs = [f"tracker:issue:{number}" for number in self.items]
        with self.glass.town.database.reading() as session:
            found = of_records(session, refs)

        assert {
            (timer.rule, timer.record.rpartition(":")[2]): Armed(timer.since, timer.due_at)
            for timer in found.values()
        } == self.armed

    def _named(self, due: dict[str, Any], subject: str) -> tuple[str, str, datetime]:
        return due["rule"], subject.rpartition(":")[2], datetime.fromisoformat(due["since"])
