"""Percentiles by nearest rank: the answer is always one of the cases, so it can be looked up. Pure."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def percentile(items: Sequence[T], percent: int, *, by: Callable[[T], float]) -> T | None:
    """The smallest item that at least `percent` (1 to 100) of the items do not exceed; of none, none.

    With an even number of items the median is the lower one of the middle.
    """
    if not 1 <= percent <= 100:
        raise ValueError(f"a percentile is 1 to 100, not {percent}")
    ranked = sorted(items, key=by)
    rank = -(-percent * len(ranked) // 100)
    return ranked[rank - 1] if ranked else None
