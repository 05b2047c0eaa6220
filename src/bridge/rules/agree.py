"""Whether the two fields of a pair agree, and which end is to be written if they do not. Pure.

The shadow of an end is what it showed when the two agreed last, or what it was given then. A value
that is its shadow is an echo; every other one is news. One end with news writes the other. Where
both have news, the owner says whose counts. What the vendors made of the values they were given
(cut, trimmed, in another order) stands in the shadows too, so it is no news and goes nowhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bridge.converters.contract import NotCarried
from bridge.rules.reading import UNKNOWN, Unknown
from bridge.rules.same import plain, same

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class End(StrEnum):
    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> "End":
        return End.RIGHT if self is End.LEFT else End.LEFT


class Owner(StrEnum):
    """Whose word counts. With `left` or `right` that end's always; with the others news alone counts
    where only one end has any, and where both have, the later one, or what a person says."""

    LEFT = "left"
    RIGHT = "right"
    LATEST = "latest"
    ASK = "ask"


class Verdict(StrEnum):
    IN_STEP = "in_step"
    WRITE_LEFT = "write_left"
    WRITE_RIGHT = "write_right"
    CONFLICT = "conflict"  # both have news, and a person decides
    STUCK = "stuck"  # what counts has no form at the other end, which is left alone
    UNKNOWN = "unknown"  # an end has not shown its value yet


def as_shown(value: Any) -> Any:
    """What needs no other spelling to be compared."""
    return value


@dataclass(frozen=True, kw_only=True)
class Side:
    """One end of a pair: the value its record has, its shadow, and when that value came to be, by
    the vendor's clock. `UNKNOWN`: it was never shown. `spelled`: one spelling for all that says the
    same here."""

    value: Any = UNKNOWN
    shadow: Any = UNKNOWN
    changed_at: datetime | None = None
    spelled: Callable[[Any], Any] = as_shown

    @property
    def has_news(self) -> bool:
        return not self.shows(self.shadow)

    def shows(self, other: Any) -> bool:
        """Whether its value says the same as this one."""
        if isinstance(self.value, Unknown) or isinstance(other, Unknown):
            return False
        return same(self.value, other) or same(self.spelled(self.value), self.spelled(other))


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is to be done. `value` is what the other end gets, in its own words.

    `remember`: the two agree as they are, and both values are their shadows from now on.
    """

    verdict: Verdict
    reason: str
    value: Any = UNKNOWN
    remember: bool = False
    code: str = ""  # of a value that is stuck: what it is counted by
    said: End | None = None  # the end whose value it is

    @property
    def end(self) -> End | None:
        """The end that is to be written."""
        ends = {Verdict.WRITE_LEFT: End.LEFT, Verdict.WRITE_RIGHT: End.RIGHT}
        return ends.get(self.verdict)


# (value, the end it goes to) -> the same in that end's words. Raises NotCarried.
Carry = Callable[[Any, End], Any]


def as_it_is(value: Any, to: End) -> Any:
    """Where both ends write alike."""
    return value


def agree(left: Side, right: Side, owner: Owner, carry: Carry = as_it_is) -> Judgement:
    """Judge one pair of fields. Never raises."""
    if isinstance(left.value, Unknown) or isinstance(right.value, Unknown):
        end = End.LEFT if isinstance(left.value, Unknown) else End.RIGHT
        return Judgement(verdict=Verdict.UNKNOWN, reason=f"the {end} end has not shown it yet")
    if not left.has_news and not right.has_news:
        return Judgement(verdict=Verdict.IN_STEP, reason="they agree as they did")
    if _says_the_same(left, right, carry):
        return Judgement(verdict=Verdict.IN_STEP, reason="they agree", remember=True)
    return _written(left, right, owner, carry)


def winner(left: Side, right: Side, owner: Owner) -> End | None:
    """Whose value counts where the two do not agree and one of them has news. `None`: who knows."""
    if owner in (Owner.LEFT, Owner.RIGHT):
        return End(owner.value)
    if left.has_news != right.has_news:
        return End.LEFT if left.has_news else End.RIGHT
    empty = (plain(left.value) is None, plain(right.value) is None)
    if _is_new(left, right) and empty[0] != empty[1]:
        return End.RIGHT if empty[0] else End.LEFT
    if owner is Owner.ASK:
        return None
    return End.LEFT if _at(left) >= _at(right) else End.RIGHT


def decided(left: Side, right: Side, by: End, carry: Carry = as_it_is) -> Judgement:
    """The same where somebody has said whose value counts."""
    return _carried(left, right, by, carry, f"the {by} end's value was chosen")


def _written(left: Side, right: Side, owner: Owner, carry: Carry) -> Judgement:
    counts = winner(left, right, owner)
    if counts is None:
        return Judgement(verdict=Verdict.CONFLICT, reason="both ends have changed it")
    return _carried(left, right, counts, carry, _why(left, right, owner, counts))


def _carried(left: Side, right: Side, counts: End, carry: Carry, why: str) -> Judgement:
    value = left.value if counts is End.LEFT else right.value
    try:
        carried = carry(value, counts.other)
    except NotCarried as error:
        reason = f"the {counts.other} end is left alone: {error}"
        return Judgement(verdict=Verdict.STUCK, reason=reason, code=error.code, said=counts)
    verdict = Verdict.WRITE_RIGHT if counts is End.LEFT else Verdict.WRITE_LEFT
    return Judgement(verdict=verdict, reason=why, value=carried)


def _why(left: Side, right: Side, owner: Owner, counts: End) -> str:
    if owner in (Owner.LEFT, Owner.RIGHT):
        return f"the {owner} end owns it"
    if left.has_news != right.has_news:
        return f"the {counts} end has changed it"
    if _is_new(left, right) and plain((right if counts is End.LEFT else left).value) is None:
        return f"the {counts.other} end has nothing there yet"
    return f"both ends have changed it, the {counts} end last"


def _says_the_same(left: Side, right: Side, carry: Carry) -> bool:
    """Carried either way: what comes back from a poorer form is poorer, and still says the same."""
    return _gives(left, End.RIGHT, right, carry) or _gives(right, End.LEFT, left, carry)


def _gives(side: Side, to: End, there: Side, carry: Carry) -> bool:
    try:
        return there.shows(carry(side.value, to))
    except NotCarried:
        return False


def _is_new(left: Side, right: Side) -> bool:
    """The two have never agreed."""
    return isinstance(left.shadow, Unknown) and isinstance(right.shadow, Unknown)


def _at(side: Side) -> datetime:
    return side.changed_at or _LONG_AGO
