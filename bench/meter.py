"""What processes have used, read from Linux's /proc: CPU seconds and peak memory."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    return _ticks(pid, ended_children=0) / _TICKS


def family_cpu_seconds(pid: int) -> float:
    """The same with its children, those that have ended too."""
    children = (_PROC / f"{pid}/task/{pid}/children").read_text().split()
    ticks = _ticks(pid, ended_children=1)
    for child in children:
        try:
            ticks += _ticks(int(child), ended_children=1)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended just now, and is counted with its parent from the next look on
    return ticks / _TICKS


def peak_megabytes(pid: int) -> float:
    """The most memory that a process ever held (resident)."""
    for line in (_PROC / f"{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no memory")


def thread_seconds(pid: int) -> dict[int, float]:
    """The same of each thread, by its number."""
    return {
        int(task.name): _stat(task / "stat")[0] / _TICKS
        for task in (_PROC / f"{pid}/task").iterdir()
    }


def _ticks(pid: int, *, ended_children: int) -> int:
    """Fields 14 to 17 of /proc/PID/stat: own user and system time, then those of ended children."""
    own, ended = _stat(_PROC / f"{pid}/stat")
    return own + ended_children * ended


def _stat(file: Path) -> tuple[int, int]:
    fields = [*map(int, file.read_text().rpartition(")")[2].split()[11:15])]
    return sum(fields[:2]), sum(fields[2:])
