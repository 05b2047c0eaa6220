"""What a run found, in the form that is kept as JSON."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bench.cell import Cell
from bench.tally import Fate


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
    cpu_ms: float  # per event, of Bridge's processes
    database_cpu_ms: float | None = None  # per event, of the PostgreSQL server
    peak_mb: float
    calls: float  # per event
    fate: Fate
    raw_inserts: float
    raw_rows: float
    raw_claims: float


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
