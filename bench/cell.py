"""The cells of the benchmark: which database, which load, and how slow the other side is."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

DATABASES = ("sqlite", "postgresql")
Database = Literal["sqlite", "postgresql"]
Keys = Literal["uniform", "hot"]


class Cell(BaseModel):
    """One situation that is measured, round after round.

    latency_ms  how long the target takes for each call
    keys        uniform: each record alike; hot: half of all updates go to eight records
    rate        events a second; nothing: as fast as they are taken
    processes   `bridge serve` processes over the one database (PostgreSQL)
    """

    model_config = ConfigDict(frozen=True)

    database: Database
    events: int
    latency_ms: int = 0
    keys: Keys = "uniform"
    rate: float | None = None
    processes: int = 1

    @property
    def name(self) -> str:
        """What people call it, without its database: `50 ms, hot, burst`."""
        load = f"{self.rate:g}/s" if self.rate else "burst"
        several = f", {self.processes} processes" if self.processes > 1 else ""
        return f"{self.latency_ms} ms, {self.keys}, {load}{several}"


def whole() -> list[Cell]:
    """Everything that `make bench` measures, the databases in turn."""
    cells = []
    for database in DATABASES:
        cells += [
            Cell(database=database, events=2_000),
            Cell(database=database, events=2_000, latency_ms=50),
            Cell(database=database, events=2_000, latency_ms=50, keys="hot"),
            Cell(database=database, events=1_000, latency_ms=200),
            Cell(database=database, events=300, latency_ms=50, rate=20),
        ]
    cells.append(Cell(database="postgresql", events=2_000, latency_ms=50, processes=3))
    return cells


def quick() -> list[Cell]:
    """The few that fit in two minutes."""
    return [Cell(database=database, events=400, latency_ms=50) for database in DATABASES]
