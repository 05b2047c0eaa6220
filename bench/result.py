"""What a run found, in the form that is kept as JSON."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bench.cell import Cell


class Fate(BaseModel):
    """What became of the updates that were acknowledged, or of all that arrived.

    refused     not acknowledged; the sender would try again
    lost        acknowledged, and neither it nor anything newer of its record arrived
    overtaken   acknowledged and never written, but a newer one of its record was, which says it all
    doubled     writes of an update that had arrived already
    disordered  writes of an update after a newer one of the same record
    """

    model_config = ConfigDict(frozen=True)

    refused: int
    lost: int
    overtaken: int
    doubled: int
    disordered: int


class Round(BaseModel):
    """One measurement of one cell. Rates are per second, delays in milliseconds."""

    model_config = ConfigDict(frozen=True)

    accepted: float
    events: float
    acknowledged_p50: float
    acknowledged_p95: float
    acknowledged_p99: float
    delivered_p50: float
    delivered_p95: float
    delivered_p99: float
    called_p50: float  # from the acknowledgement to the arrival of the write
    called_p99: float
    cpu_ms: float  # per event, of the processes that are measured
    database_cpu_ms: float | None = None  # per event, of the PostgreSQL server
    generator_cpu_ms: float
    sink_cpu_ms: float
    peak_mb: float
    growth_percent: float | None = None
    idle_percent: float | None = None  # of one core
    calls: float  # per event
    fate: Fate
    raw_inserts: float | None = None
    raw_rows: float | None = None
    raw_claims: float | None = None


class Measured(BaseModel):
    """A cell with its rounds."""

    model_config = ConfigDict(frozen=True)

    cell: Cell
    rounds: list[Round]


class Report(BaseModel):
    """A whole run, and where and when it was."""

    model_config = ConfigDict(frozen=True)

    began: datetime
    machine: str
    commit: str
    load_average: float  # of the minute before: above 0.5 the machine was not ours alone
    measured: list[Measured]


def begun() -> Report:
    """A report without numbers."""
    return Report(
        began=datetime.now(UTC).replace(microsecond=0),
        machine=_machine(),
        commit=_commit(),
        load_average=round(os.getloadavg()[0], 2),
        measured=[],
    )


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = names[0] if names else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return (
        f"{os.cpu_count()} × {model}, {memory} GB, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}"
    )


def _commit() -> str:
    """The commit that is measured; empty outside a checkout."""
    asked = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
