"""A mappings folder that somebody edits while a Bridge follows it."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import event

from bridge.db import Database
from bridge.process import Bridge
from bridge.rules.store import active_hash, history
from bridge.rules.tables import ActivationRow
from clocks import FakeClock
from duties.house import MAPPINGS, House

RULES = "rules/told.yaml"
SETTLE = 4  # seconds for which it must lie still


@dataclass(kw_only=True)
class Followed:
    """One house, its leader, and the hands that edit."""

    house: House
    clock: FakeClock
    leader: Bridge

    @property
    def path(self) -> Path:
        return self.house.folder / "mappings" / RULES

    @property
    def database(self) -> Database:
        return self.leader.database

    def write(self, old: str, new: str) -> None:
        """The shipped file with one thing changed."""
        text = MAPPINGS[RULES]
        assert old in text
        self.path.write_text(text.replace(old, new), encoding="utf-8")

    def name(self, title: str) -> None:
        """The rule has this description now: the smallest change that means something."""
        self.write("An alert is told.", title)

    def look(self, seconds: float = 2) -> None:
        """Time passes, and the leader does what is due."""
        self.clock.advance(seconds)
        self.leader.worker.clockwork.tick()

    def settle(self) -> None:
        """Until what was changed has lain still for long enough, and was looked at since."""
        for _ in range(SETTLE):
            self.look()

    def restart(self) -> None:
        """The process ends, and another begins; the folder is as it is."""
        text = self.path.read_text("utf-8")
        self.leader.close()
        self.house.made.remove(self.leader)
        self.leader = self.house.build(rules=FOLLOW, files={RULES: text})

    def active(self) -> str | None:
        with self.database.reading() as session:
            return active_hash(session)

    def history(self) -> list[ActivationRow]:
        with self.database.reading() as session:
            return list(session.scalars(history()))

    def meddle(self, new: str) -> None:
        """Between a look at the folder and the next, somebody writes to it once."""
        left = [new]

        def write(*told: object) -> None:
            if left and "FROM activation" in str(told[2]):
                self.name(left.pop())

        event.listen(self.database.engine, "before_cursor_execute", write)


FOLLOW = {"follow": True, "settle": f"{SETTLE}s"}
