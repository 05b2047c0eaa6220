"""Refusals that depend on the moment and not on the request: locks, clashes, duplicate rules, a used-up day."""

import random
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock


class Trouble(StrEnum):
    """What may come over a write.

    LOCKED  400 UNABLE_TO_LOCK_ROW, nothing happened
    CLASH   a twin of this upsert, sent at the same time, created the record: 400 DUPLICATE_VALUE
    RULE    400 DUPLICATES_DETECTED by a duplicate rule, unless the call says allowSave=true
    LIMIT   403 REQUEST_LIMIT_EXCEEDED, though the allocation is not used up (the 25 long calls)
    """

    LOCKED = "locked"
    CLASH = "clash"
    RULE = "rule"
    LIMIT = "limit"


@dataclass(frozen=True)
class _Scripted:
    trouble: Trouble
    path_contains: str


class Troubles:
    """Scripted ones fire once, on the next write whose path matches; locks also by a rate."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (repeatable on purpose)
        self._lock = Lock()
        self._scripted: list[_Scripted] = []
        self.lock_rate = 0.0
        self.count: Counter[str] = Counter()

    def next(self, trouble: str, *, path_contains: str = "") -> None:
        """Raises ValueError for a trouble that does not exist."""
        with self._lock:
            self._scripted.append(_Scripted(Trouble(trouble), path_contains))

    def calm(self) -> None:
        with self._lock:
            self._scripted.clear()
            self.lock_rate = 0.0

    def strikes(self, trouble: Trouble, path: str) -> bool:
        """Whether it comes over this call, and count it."""
        with self._lock:
            struck = self._scripted_strikes(trouble, path) or self._by_chance(trouble)
            self.count[trouble.value] += struck
            return struck

    def _scripted_strikes(self, trouble: Trouble, path: str) -> bool:
        for scripted in self._scripted:
            if scripted.trouble is trouble and scripted.path_contains in path:
                self._scripted.remove(scripted)
                return True
        return False

    def _by_chance(self, trouble: Trouble) -> bool:
        rate = self.lock_rate if trouble is Trouble.LOCKED else 0.0
        return rate > 0 and self._random.random() < rate
