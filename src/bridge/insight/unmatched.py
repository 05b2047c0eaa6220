"""Events no rule matched: what happened and had no consequence. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from bridge.canonical.event import Origin
from bridge.insight.case import BACKFILL, Beginning, Case, Standing
from bridge.insight.number import Number

OWN = "our own write came back"
UNDECIDED = "not decided yet"
NO_RULE = "no rule is about such events"
NONE_MATCHED = "a rule is about such events, and none matched"


@dataclass(frozen=True, kw_only=True)
class Decided:
    """An event with how many rules were asked and how many matched; `None`: not decided yet."""

    seq: int
    event: str
    kind: str
    subject: str
    origin: str
    at: datetime
    matched: int | None
    considered: int | None


class Unmatched(Number):
    """`n` events were decided; of these no rule matched `unmatched`."""

    unmatched: int
    by_kind: dict[str, int] = Field(description="Unmatched events by their kind.")


def case(decided: Decided) -> Case:
    """Counted: no rule matched. What a rule matched is no case of this number."""
    begun = Beginning(seq=decided.seq, event=decided.event, subject=decided.subject, at=decided.at)
    why_not = _why_not(decided)
    if why_not:
        return begun.left_out(why_not)
    reason = NONE_MATCHED if decided.considered else NO_RULE
    return Case(**vars(begun), standing=Standing.COUNTED, reason=reason)


def number(events: Iterable[Decided]) -> Unmatched:
    """Events are many: they are counted as they come, and none is kept."""
    n, left_out, kinds = 0, Counter[str](), Counter[str]()
    for one in events:
        why_not = _why_not(one)
        if why_not:
            left_out[why_not] += 1
            continue
        n += 1
        kinds[one.kind] += one.matched == 0
    by_kind = {kind: count for kind, count in kinds.most_common() if count}
    return Unmatched(
        n=n, excluded=dict(left_out.most_common()), unmatched=kinds.total(), by_kind=by_kind
    )


def _why_not(one: Decided) -> str:
    """Rules pass over our own writes and over backfill unless they ask for them: that is no news."""
    if one.matched is None:
        return UNDECIDED
    if one.matched:
        return ""
    if one.origin == Origin.BACKFILL:
        return BACKFILL
    return OWN if one.origin == Origin.OWN else ""
