"""How fast a backfill may go, and how long it will take. Pure.

It may use a share of what is left of each quota. What fits into that goes as fast as its system
answers, one call after the other; what does not is spread over the time until there is more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

CALL_SECONDS = 0.3  # of one call, where nobody has measured
RECORDS_A_SECOND = 300.0  # that the inbox takes in beside its other work


@dataclass(frozen=True, kw_only=True)
class Quota:
    """What is left of one quota beside its reserve, and in how many seconds there will be more."""

    name: str
    left: int
    seconds: float

    def part(self, calls: int) -> float:
        """Which part of what is left so many calls are."""
        return calls / self.left if self.left > 0 else math.inf


def wait(quotas: Sequence[Quota], *, share: float, calls_left: int, made: int) -> float:
    """Seconds to rest after so many calls."""
    return max((_rest(one, share, calls_left, made) for one in quotas), default=0.0)


def seconds(quotas: Sequence[Quota], *, share: float, calls: int, records: int) -> float:
    """How long so many calls for so many records take, about."""
    work = calls * CALL_SECONDS + records / RECORDS_A_SECOND
    return max([work, *(_rest(one, share, calls, calls) for one in quotas)])


def _rest(quota: Quota, share: float, calls_left: int, made: int) -> float:
    allowed = quota.left * share
    if calls_left <= allowed:
        return 0.0
    return quota.seconds * min(1.0, made / allowed) if allowed > 0 else quota.seconds
