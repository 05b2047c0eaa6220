"""The event and the facts of a test, made from the little that it gives."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.canonical.event import Change, Event, Origin
from bridge.canonical.kind import Kinds
from bridge.canonical.ref import Ref
from bridge.canonical.timed import TIMED, record_kind
from bridge.ledger.facts import Due, Facts, Linked, Rollup
from bridge.rules.descriptors import bare, instant
from bridge.rules.document import Path
from bridge.rules.example import Given, LinkedForm
from bridge.rules.occasion import occasion
from bridge.rules.problem import did_you_mean
from bridge.rules.reading import coerce
from bridge.rules.ruleset import Rule, RuleSet


class Unusable(Exception):
    """A test that cannot be run as it is written; `path` is the wrong part of it."""

    def __init__(self, text: str, path: Path) -> None:
        super().__init__(text)
        self.path = path


def moment(rules: RuleSet, rule: Rule, given: Given, *, kinds: Kinds) -> tuple[Event, Facts]:
    """What the rule is to decide on. Raises Unusable for a test that cannot be run as it is written."""
    extra = given.model_extra or {}
    for name in extra:
        if name != rule.kind:
            known = (rule.kind, *Given.model_fields)
            raise Unusable(f"unknown key `{name}`{did_you_mean(name, known)}", ("given", name))
    record = _record(kinds, rule.kind, extra.get(rule.kind, {}), place=("given", rule.kind))
    before = (
        None
        if given.before is None
        else _record(kinds, rule.kind, given.before, place=("given", "before"))
    )
    changes = _changes(given, kinds[rule.kind].model.model_fields, record=record, before=before)
    linked = tuple(
        _linked(rules, one, number, kinds=kinds) for number, one in enumerate(given.linked)
    )
    now, due = _occasion(rule, given, record)
    event = _event(rules, rule, given, record=record, changes=changes, now=now)
    return event, Facts(now=now, due=due, before=before, linked=linked)


def _occasion(rule: Rule, given: Given, record: Mapping[str, Any]) -> tuple[datetime, Due | None]:
    """The time of the test, and why time makes its event, if it is one that time makes."""
    now = _time(given.now)
    if rule.timing is None or given.event != rule.timing.event:
        return now, None
    told = given.since or record.get(rule.timing.field)
    said = now if "now" in given.model_fields_set else None
    since = None if told is None else _time(told)
    at, due = occasion(rule.timing, record, since=since, now=said)
    return at or now, due


def _event(
    rules: RuleSet,
    rule: Rule,
    given: Given,
    *,
    record: Mapping[str, Any],
    changes: tuple[Change, ...],
    now: datetime,
) -> Event:
    """The event of a test; `feedback.requested` is an update that made the field true."""
    if given.event not in rule.when and record_kind(given.event) != rule.kind:
        raise Unusable(f"the rule is not about {given.event}", ("given", "event"))
    act = given.event.partition(".")[2]
    timed = given.event in TIMED
    if not timed and act not in ("created", "updated", "deleted", "linked"):
        changes = (*changes, Change(field=act, before=False, after=True))
        act = "updated"
    home = _home(rules, rule.kind)
    return Event(
        id="evt_test",
        connection=home,
        subject=Ref(home, rule.kind, "1"),
        kind=given.event if timed else f"{rule.kind}.{act}",
        version="1",
        occurred_at=now,
        recorded_at=now,
        origin=Origin.CLOCK if timed else Origin(given.origin),
        record=record,
        changes=changes,
    )


def _changes(
    given: Given,
    known: Mapping[str, Any],
    *,
    record: Mapping[str, Any],
    before: Mapping[str, Any] | None,
) -> tuple[Change, ...]:
    for number, name in enumerate(given.changed):
        if name not in known:
            text = f"no field `{name}`{did_you_mean(name, known)}"
            raise Unusable(text, ("given", "changed", number))
    old = before or {}
    names = [name for name in record if name in old or before is not None]
    moved = [name for name in names if record[name] != old.get(name)]
    return tuple(
        Change(field=name, before=old.get(name), after=record.get(name))
        for name in dict.fromkeys((*moved, *given.changed))
    )


def _linked(rules: RuleSet, form: LinkedForm, number: int, *, kinds: Kinds) -> Linked:
    extra = form.model_extra or {}
    where = ("given", "linked", number)
    if len(extra) != 1 or next(iter(extra)) not in kinds:
        names = ", ".join(kind.name for kind in kinds)
        raise Unusable(f"a linked record stands under its kind: one of {names}", where)
    kind, values = next(iter(extra.items()))
    home = form.connection or _home(rules, kind)
    ref = f"{home}:{kind}:{number + 1}" if form.ref == "" else form.ref
    due = form.rollup.due
    return Linked(
        link_id=f"link-{number + 1}",
        role=form.role,
        relation=form.relation,
        kind=kind,
        ref=ref,
        connection=home,
        key=form.key,
        url=form.url,
        record=_record(kinds, kind, values, place=(*where, kind)),
        rollup=Rollup(
            status=form.rollup.status,
            due=None if due is None else _time(due),
            done=form.rollup.done,
            total=form.rollup.total,
        ),
    )


def _home(rules: RuleSet, kind: str) -> str:
    """A connection records of this kind come from."""
    found = (source.connection for source in rules.sources if source.kind == kind)
    return next(found, "test")


def _time(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError:
        raise Unusable(f"not a time: {text!r}", ("given",)) from None


def _record(kinds: Kinds, kind: str, values: Any, *, place: Path) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise Unusable(f"{kind} is a mapping of its fields", place)
    fields = kinds[kind].model.model_fields
    return {
        name: _value(fields, name, values[name], place=(*place, name), kind=kind) for name in values
    }


def _value(fields: Mapping[str, Any], name: str, value: Any, *, place: Path, kind: str) -> Any:
    if name not in fields:
        raise Unusable(f"{kind} has no field `{name}`{did_you_mean(name, fields)}", place)
    inner = getattr(bare(fields[name].annotation), "model_fields", None)
    if inner is not None and isinstance(value, Mapping):
        return {
            key: _value(inner, key, item, place=(*place, key), kind=name)
            for key, item in value.items()
        }
    try:
        return coerce(value, fields[name].annotation)
    except ValueError as error:
        raise Unusable(f"{name}: {error}", place) from None
