"""A short memory: what was read lately, so that it need not be read again."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bridge.clock import Clock

T = TypeVar("T")
MOST = 1_000  # entries; beyond that everything is read anew


class Memory(Generic[T]):
    """Values by key for some seconds. Several threads may use it; two may read the same at once."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._kept: dict[str, tuple[float, T]] = {}
        self._lock = threading.Lock()

    def recall(self, key: str, read: Callable[[], T]) -> T:
        """What is kept under `key`, else what `read` says; an error of `read` is not kept."""
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and self._clock.monotonic() < kept[0]:
            return kept[1]
        value = read()
        with self._lock:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[key] = (self._clock.monotonic() + self._seconds, value)
        return value

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
