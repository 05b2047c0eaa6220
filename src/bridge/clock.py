"""The time, asked in one place so that tests can set it."""

import time
from datetime import UTC, datetime
from typing import Protocol

_SINCE_BOOT: int = getattr(
    time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC
)  # the latter sleeps on Linux


class Clock(Protocol):
    """Wall time for facts, monotonic seconds for deadlines."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Goes on while the process is stopped, and while the machine sleeps: leases do, too."""
        return time.clock_gettime(_SINCE_BOOT)
