"""Whether what was decided again is what is stored: the proof of a comparison with the past."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from bridge.canonical.ids import stable_id
from bridge.db import as_json
from bridge.pipeline.dry_run.stored import Row, Stored
from bridge.rules.compare import Owed, flat, owed
from bridge.rules.decision import Answer, Decision
from bridge.rules.template import needs

Answers = Mapping[str, tuple[Decision, ...]]
Concerns = Callable[[str], bool]


def unlike_decisions(stored: Stored, then: Answers, concerns: Concerns) -> str:
    """The first answer that is another than the one stored then, in words; empty if all are alike."""
    version = stored.event.rule_version
    kept = {
        (row.rule, row.target): row.answer
        for row in stored.decisions
        if concerns(row.rule) and row.rule_version == version
    }
    made = {
        (one.rule, one.target): one.answer.value
        for decisions in then.values()
        for one in decisions
        if one.answer is not Answer.NO_MATCH
    }
    for key in sorted(kept.keys() | made.keys()):
        if kept.get(key) != made.get(key):
            was, is_now = kept.get(key, "did not match"), made.get(key, "does not match")
            return f"{key[0]}: stored as {was!r}, decided again as {is_now!r}"
    return ""


def unlike_deliveries(stored: Stored, then: Answers, concerns: Concerns) -> str:
    """The first delivery that is another than the one stored, in words without any value."""
    kept = {row.id: row for row in stored.deliveries if concerns(row.rule) and is_first(row)}
    for decisions in then.values():
        for one in owed(decisions):
            if one.ask.route is not None:
                continue  # told as an alert: its card is of a group, and of no event
            name = f"{one.decision.rule}/{one.ask.step}"
            row = kept.pop(_delivery_id(stored.event.id, *one.key), None)
            if row is None:
                return f"{name}: decided again as owed, and none is stored"
            for what in _unlike(one, row):
                return f"{name}: {what} is not as it is stored"
    for row in kept.values():
        return f"{row.rule}/{row.step}: stored as owed, and not decided again"
    return ""


def is_first(row: Row) -> bool:
    """Whether a delivery came of a decision, and not of a replay."""
    return bool(row.id == _delivery_id(row.event_id, row.rule, row.step, row.target))


def _delivery_id(event_id: str, rule: str, step: str, target: str) -> str:
    return stable_id("dlv", event_id, rule, step, target, "")


def _unlike(one: Owed, row: Row) -> Iterator[str]:
    """Names of what differs. What was still to come is filled in by now, an address as well."""
    if row.connection != one.ask.connection:
        yield "connection"
    if row.action != one.ask.action:
        yield "action"
    if row.args == one.ask.args:
        return
    made, kept = flat(_as_stored(one.ask.args)), flat(row.args)
    for name, value in made.items():
        if any(needs(value)):
            kept.pop(name, None)
        elif name not in kept or kept.pop(name) != value:
            yield f"args.{name}"
    if len(kept) > (1 if one.ask.target_link else 0):
        yield f"args.{next(iter(kept))}"


def _as_stored(args: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(as_json(args))
    return read
