"""The counts of a plan: what it would touch, by what, and what it costs. Added to item by item."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from bridge.connectors.action import Repeat
from bridge.outbox.arming import Actions
from bridge.outbox.retry import FINDS_BEFORE_REPEAT
from bridge.outbox.store import may_have_happened
from bridge.outbox.tables import GOOD, DeliveryRow, State
from bridge.pipeline.replay.judging import SENDS, Verdict, Will, part_of, surely_not_done
from bridge.pipeline.replay.redeciding import Decided

Counts = dict[str, Any]
FOUND = ("connection", "rule", "action", "state", "error")  # each by itself
NUMBERS = ("deliveries", "under_way", "held", "newer_state", "stale_cards", "already_succeeded")
MORE = ("looked_for", "duplicates", "edited")


def blank() -> Counts:
    """Of a plan that has looked at nothing yet."""
    return {
        **dict.fromkeys((*NUMBERS, *MORE), 0),
        "more": False,
        **{f"by_{name}": {} for name in FOUND},
        "will": {},
        "lanes": {},
        "sends": {},
        "follows": {},
    }


def found(counts: Counts, row: DeliveryRow) -> None:
    """A delivery that fits, whatever is done with it."""
    counts["deliveries"] += 1
    values = (row.connection, row.rule, row.action, row.state, row.error_group)
    for name, value in zip(FOUND, values, strict=True):
        if value:
            _add(counts[f"by_{name}"], str(value))
    counts["already_succeeded"] += row.state in GOOD


def left_out(counts: Counts, row: DeliveryRow) -> None:
    """One that is owed already: it would be sent twice if it ended well before the run."""
    counts["held" if row.state == State.HELD else "under_way"] += 1


def judged(
    counts: Counts, verdict: Verdict, actions: Actions, *, new_key: bool, now: datetime
) -> None:
    """What would become of it in mode `again`."""
    _add(counts["will"], verdict.will)
    counts["newer_state"] += verdict.newer is not None
    sent = verdict.sent
    if verdict.will not in SENDS or sent is None:
        return
    kind = actions.get(sent.action)
    looked_for = kind is not None and kind.repeat is Repeat.FINDABLE and not new_key
    counts["stale_cards"] += sent.stale_at is not None and sent.stale_at <= now
    counts["looked_for"] += looked_for
    counts["duplicates"] += _may_be_twice(sent, actions, new_key=new_key)
    looks = 1 if surely_not_done(sent) else FINDS_BEFORE_REPEAT
    part = part_of(sent, actions)
    _send(counts, sent.connection, sent.action, actions, more=looks if looked_for else 0, part=part)


def followed(counts: Counts, connections: Iterable[str], calls_of: Callable[[str], int]) -> None:
    """Write-backs that its end is told by, at most; `calls_of` one at a connection."""
    for connection in connections:
        told = counts["follows"].setdefault(connection, {"deliveries": 0, "calls": 0})
        told["deliveries"] += 1
        told["calls"] += calls_of(connection)


def in_lane(counts: Counts, lane: str) -> None:
    """An item that is done when these connections take more: named with commas between."""
    _add(counts["lanes"], lane)


def lanes_of(counts: Mapping[str, Any]) -> dict[str, list[str]]:
    """By lane: its connections. What a version before ours has planned is all of one lane."""
    if "lanes" not in counts:
        return {"": sorted(counts.get("sends", {}))}
    return {lane: lane.split(",") if lane else [] for lane in ("", *counts["lanes"])}


def decided(counts: Counts, it: Decided, actions: Actions) -> None:
    """What would become of an event in the other modes."""
    _add(counts["will"], it.will)
    for line in it.owed:
        if line["comes"] == "superseded":
            counts["newer_state"] += 1
        if line["comes"] != "goes":
            continue
        counts["duplicates"] += line["twice"]
        counts["looked_for"] += line["looks"]
        more = FINDS_BEFORE_REPEAT if line["looks"] else 0
        _send(counts, line["connection"], line["action"], actions, more=more, part=line["part"])


def _may_be_twice(row: DeliveryRow, actions: Actions, *, new_key: bool) -> bool:
    """Whether it may be there already, and nobody can tell, or is asked not to look."""
    kind = actions.get(row.action)
    if kind is None or not (row.state in GOOD or may_have_happened(row)):
        return False
    return kind.repeat is Repeat.UNSAFE or (new_key and kind.repeat is Repeat.FINDABLE)


def _send(
    counts: Counts, connection: str, action: str, actions: Actions, *, more: int, part: str
) -> None:
    """`more`: calls besides those of the action itself."""
    kind = actions.get(action)
    told = counts["sends"].setdefault(connection, {"deliveries": 0, "calls": 0})
    told["deliveries"] += 1
    number = (kind.calls if kind else 1) + more
    told["calls"] += number
    if part:
        _add(told.setdefault("parts", {}), part, number)


def lane_of(owed: Iterable[Mapping[str, Any]]) -> str:
    """Of an event: to where that goes which it owes."""
    return ",".join(sorted({line["connection"] for line in owed if line["comes"] == "goes"}))


def _add(counted: Counts, name: str | Will, by: int = 1) -> None:
    counted[str(name)] = counted.get(str(name), 0) + by


def calls(counts: Mapping[str, Any]) -> dict[str, int]:
    """By connection, with what follows, at most: merging and bulk calls save some."""
    found: Counter[str] = Counter()
    for told in (counts.get("sends", {}), counts.get("follows", {})):
        found.update({name: one["calls"] for name, one in told.items()})
    return dict(found)
