"""Faults on request: what goes wrong, how often, and which were fired.

Rates are drawn from a seeded generator; a scripted fault fires exactly once on the next match.
One object serves both ways: the requests a simulator answers, and the webhooks it sends.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

OUTAGE = "outage"
LATENCY = "latency"


class Fault(StrEnum):
    """What may go wrong with a request that a simulator answers; latency comes on top."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR_BEFORE = "server_error_before"
    SERVER_ERROR_AFTER = "server_error_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"


class DeliveryFault(StrEnum):
    """What may go wrong with a webhook that a simulator sends.

    drop        it never reaches the receiver, and the sender sees no answer
    unanswered  the receiver gets it, but its answer is lost
    """

    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DROP = "drop"
    UNANSWERED = "unanswered"


_RATE_NAMES = frozenset({LATENCY, *map(str, Fault), *map(str, DeliveryFault)})

Fair = Callable[[str, str], Collection[str]]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What happens to one request. `latency` in vendor seconds; `fault` None: it is served."""

    latency: float = 0.0
    fault: Fault | None = None
    outage: bool = False


@dataclass(frozen=True, kw_only=True)
class _Scripted:
    name: str
    method: str
    path_contains: str

    def matches(self, method: str, path: str) -> bool:
        return self.method in {"", method} and self.path_contains in path


class Faults:
    """The faults of one simulator. Thread-safe; all rates are 0 at the start.

    `only(method, path)` names the faults that are fair for a request; without it all are.
    """

    def __init__(self, seed: int = 0, *, only: Fair | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311  (repeatable on purpose)
        self._only = only
        self._lock = threading.Lock()
        self._rates: dict[str, float] = {}
        self._scripted: list[_Scripted] = []
        self.latency_seconds = 1.0
        self.outage = False
        self.count: Counter[str] = Counter()

    def configure(self, **rates: float | bool) -> None:
        """Set rates from 0 to 1 by name, `latency_seconds` (vendor seconds) and `outage`.

        Names: `rate_limited`, `server_error_before`, `server_error_after`, `cut_before`,
        `cut_after`, `latency`, `duplicate`, `reorder`, `drop`, `unanswered`, each also with
        `_rate` behind it. Raises ValueError for others and for a rate outside 0..1.
        """
        for name, value in rates.items():
            self._set(name, value)

    def calm(self) -> None:
        """No faults any more, scripted ones included. The count stays."""
        with self._lock:
            self._rates.clear()
            self._scripted.clear()
            self.outage = False

    def next(self, name: str, *, method: str = "", path_contains: str = "") -> None:
        """Fire fault `name` once, on the next request (or webhook) that matches."""
        if name not in _RATE_NAMES:
            raise ValueError(f"no fault {name!r}; there are: {', '.join(sorted(_RATE_NAMES))}")
        with self._lock:
            self._scripted.append(
                _Scripted(name=name, method=method.upper(), path_contains=path_contains)
            )

    def draw(self, method: str, path: str) -> Drawn:
        """Decide about one request, and count what was decided."""
        with self._lock:
            fair = self._fair(method, path)
            latency = self._fires(LATENCY, method, path, fair=fair)
            if self.outage:
                self.count[OUTAGE] += 1
                return Drawn(latency=self.latency_seconds * latency, outage=True)
            fault = next((f for f in Fault if self._fires(f, method, path, fair=fair)), None)
            return Drawn(latency=self.latency_seconds * latency, fault=fault)

    def fires(self, name: str, *, method: str = "POST", path: str = "") -> bool:
        """Decide about one named fault, for the webhook sender."""
        with self._lock:
            return self._fires(name, method, path, fair=None)

    def uniform(self, low: float, high: float) -> float:
        """A repeatable number between the two, for waits."""
        with self._lock:
            return self._random.uniform(low, high)

    def _set(self, name: str, value: float) -> None:
        if name == "outage":
            self.outage = bool(value)
        elif name == "latency_seconds":
            self.latency_seconds = float(value)
        elif name.removesuffix("_rate") not in _RATE_NAMES:
            raise ValueError(f"no fault {name!r}; there are: {', '.join(sorted(_RATE_NAMES))}")
        elif not 0 <= value <= 1:
            raise ValueError(f"{name} must be between 0 and 1, not {value}")
        else:
            with self._lock:
                self._rates[name.removesuffix("_rate")] = float(value)

    def _fair(self, method: str, path: str) -> Collection[str] | None:
        return None if self._only is None else self._only(method, path)

    def _fires(self, name: str, method: str, path: str, *, fair: Collection[str] | None) -> bool:
        if fair is not None and name not in fair:
            return False
        fired = self._scripted_fires(name, method, path) or self._by_chance(name)
        if fired:
            self.count[str(name)] += 1
        return fired

    def _scripted_fires(self, name: str, method: str, path: str) -> bool:
        for scripted in self._scripted:
            if scripted.name == name and scripted.matches(method, path):
                self._scripted.remove(scripted)
                return True
        return False

    def _by_chance(self, name: str) -> bool:
        rate = self._rates.get(name, 0.0)
        return rate > 0 and self._random.random() < rate
