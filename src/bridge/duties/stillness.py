"""Whether something on the disk has changed and lies still: writers write one file after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(kw_only=True)
class Still(Generic[T]):
    """`show`: what the disk says of it, without reading it; `None` while that cannot be told.

    `settle`: for how long nothing may have moved.
    """

    show: Callable[[], T | None]
    settle: timedelta
    _seen: T | None = None
    _since: float = 0.0  # monotonic seconds

    def at(self, now: float) -> T | None:
        """What the disk says of it, if it has not moved for long enough. `now`: monotonic seconds."""
        seen = self.show()
        if seen is None or seen != self._seen:
            self._seen, self._since = seen, now
            return None
        return seen if now - self._since >= self.settle.total_seconds() else None

    def moved(self) -> bool:
        """Whether it has moved since it was asked for; then it has to lie still anew."""
        if self.show() == self._seen:
            return False
        self._seen = None
        return True
