"""The values a field may have: words of a list, all but some, or numbers between two bounds."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

Value = str | bool | float


@dataclass(frozen=True, kw_only=True)
class Domain:
    """`only`: these and no others; `but`: none of these. Numbers lie between `low` and `high`, which
    themselves belong to it unless open. `absent`: it may also have no value."""

    absent: bool = True
    only: frozenset[Value] | None = None
    but: frozenset[Value] = frozenset()
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    @property
    def empty(self) -> bool:
        """No value, and not even none."""
        return not self.absent and self.valueless

    @property
    def valueless(self) -> bool:
        """There is no value it could have."""
        if self.only is not None:
            return not self.only
        if self.low == self.high:
            return self.low_open or self.high_open or self.low in self.but
        return self.low > self.high

    def meet(self, other: "Domain") -> "Domain":
        """What both allow."""
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        both = Domain(
            absent=self.absent and other.absent,
            only=_both(self.only, other.only),
            but=self.but | other.but,
            low=low,
            high=high,
            low_open=low_open,
            high_open=not closed,
        )
        if both.only is None:
            return both
        return replace(both, only=frozenset(one for one in both.only if both.takes(one)))

    def takes(self, value: Value) -> bool:
        """May it be this?"""
        if value in self.but or (self.only is not None and value not in self.only):
            return False
        if isinstance(value, str | bool):
            return True
        above = value > self.low or (value == self.low and not self.low_open)
        return above and (value < self.high or (value == self.high and not self.high_open))


EMPTY = Domain(only=frozenset())  # no value; `absent` alone is left
THERE = Domain(absent=False)


def one_of(values: Iterable[Value]) -> Domain:
    """It has one of these values."""
    return Domain(absent=False, only=frozenset(values))


def none_of(values: Iterable[Value]) -> Domain:
    """It has another value, or none."""
    return Domain(but=frozenset(values))


def compared(sign: str, number: float) -> Domain:
    """It is there, and `< number`, `<=`, `>` or `>=`."""
    if sign.startswith("<"):
        return Domain(absent=False, high=number, high_open=sign == "<")
    return Domain(absent=False, low=number, low_open=sign == ">")


def _both(one: frozenset[Value] | None, other: frozenset[Value] | None) -> frozenset[Value] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
