"""The cells of the benchmark: who is measured, under which load, and how slow the other side is."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

DATABASES = ("sqlite", "postgresql", "memory")
Database = Literal["sqlite", "postgresql", "memory"]
Keys = Literal["uniform", "hot", "distinct"]
Half = Literal["half"]


class Cell(BaseModel):
    """One situation that is measured, round after round.

    database    memory: the naive forwarder, which has none
    latency_ms  how long the target takes for each call
    keys        uniform: 500 records alike; hot: half of all updates go to eight of them; distinct:
                each update has a record of its own
    bulk        whether updates may share a call
    rate        events a second; half: of what the cell like it reached as a burst, in this round;
                nothing: as fast as they are taken
    serves      `bridge serve` processes over the one database
    works       `bridge work` processes beside them, which then only receive (PostgreSQL)
    queued      the connection is paused until all of it is owed
    idle        seconds without anything to do, measured before the load
    parts       loads in turn, each drained before the next; memory is compared along them
    past        deliveries that the database has behind it already
    rounds      at most so many, for what takes long and varies little
    """

    model_config = ConfigDict(frozen=True)

    database: Database
    events: int
    latency_ms: int = 50
    keys: Keys = "uniform"
    bulk: bool = True
    rate: float | Half | None = None
    serves: int = 1
    works: int = 0
    queued: bool = False
    idle: float = 0
    parts: int = 1
    past: int = 0
    rounds: int | None = None

    @property
    def name(self) -> str:
        """What people call it, without its database: `50 ms, hot, burst`."""
        words = [f"{self.latency_ms} ms", self.keys, self._load]
        words += ["one call each"] * (not self.bulk)
        words += [f"{self.serves} serve"] * (self.serves > 1)
        words += [f"serve + {self.works} work"] * (self.works > 0)
        words += [f"{self.past:,} past"] * (self.past > 0)
        return ", ".join(words)

    @property
    def _load(self) -> str:
        if self.queued:
            return f"{self.events:,} queued"
        if self.idle:
            return "idle"
        if self.parts > 1:
            return f"{self.events:,} in {self.parts} bursts"
        if self.rate == "half":
            return "half rate"
        return f"{self.rate:g}/s" if self.rate else "burst"

    @property
    def alike(self) -> "Cell":
        """Itself, however many events and rounds: what two runs of one cell have in common."""
        return self.model_copy(update={"events": 0, "rounds": None})

    @property
    def halved(self) -> str:
        """Who is at work: what half a rate is, is known from the burst that is told by the same."""
        return f"{self.database} {self.serves} {self.works}"

    @property
    def merges(self) -> bool:
        """Whether an update may be overtaken by a newer one, and is not written then."""
        return self.database != "memory"

    @property
    def has_raw(self) -> bool:
        """Whether the database alone is measured beside it."""
        plain = self.rate is None and self.parts == 1 and not self.past
        return plain and self.database != "memory"

    @property
    def slug(self) -> str:
        """A folder's name."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.database} {self.name}")
