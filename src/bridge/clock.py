"""The time, asked in one place so that tests can set it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

_SINCE_BOOT: int = getattr(
    time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC
)  # the latter sleeps on Linux
ASK_SECONDS = 10.0  # between two looks at the shared time
SLOW_SECONDS = 1.0  # an answer that took longer says little about now
CLOSE_SECONDS = 5.0
_LOOKS = 3  # for one that came at once

log = structlog.get_logger()


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


class SharedClock:
    """The time of all nodes, as `ask` tells it: the database's. This machine's wall clock plays no part.

    Between two looks it goes on by monotonic seconds, so that a wall clock that is wrong, or set, moves
    nothing. It lags by the time an answer takes and is never ahead: a wait gets longer, not shorter.
    Whoever wants the time does not wait for a look; while `ask` fails it goes on as before.
    """

    def __init__(self, ask: Callable[[], datetime], machine: Clock) -> None:
        self._ask, self._machine = ask, machine
        self._look: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._anchor = self._anchored()

    def now(self) -> datetime:
        """Aware UTC."""
        told, at = self._anchor
        since = self._machine.monotonic() - at
        if since >= ASK_SECONDS:
            self._look_again()
        return told + timedelta(seconds=since)

    def monotonic(self) -> float:
        return self._machine.monotonic()

    def close(self) -> None:
        """No look is under way, and none begins."""
        with self._lock:
            self._closed, look = True, self._look
        if look is not None:
            look.join(CLOSE_SECONDS)  # the database may hang

    def _look_again(self) -> None:
        """In a thread of its own: whoever asks may be in a transaction."""
        with self._lock:
            if self._look is None and not self._closed:
                self._look = threading.Thread(target=self._renew, name="bridge-time", daemon=True)
                self._look.start()

    def _renew(self) -> None:
        try:
            self._anchor = self._anchored()
        except Exception as error:  # noqa: BLE001  (it goes on as it did, and asks again later)
            log.warning("clock.not_told", error=type(error).__name__)
            told, at = self._anchor
            now = self._machine.monotonic()
            self._anchor = told + timedelta(seconds=now - at), now
        finally:
            self._look = None

    def _anchored(self) -> tuple[datetime, float]:
        """What time it was, and at which monotonic second. Frozen in between, we should be far behind."""
        for _ in range(_LOOKS):
            before = self._machine.monotonic()
            told, after = self._ask(), self._machine.monotonic()
            if after - before < SLOW_SECONDS:
                break
        return told, after
