"""Runs the `tests:` of the rules: each gives an event and says which actions it expects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.canonical.event import Change, Event, Origin, triggers
from bridge.canonical.kind import Kinds
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Action
from bridge.ledger.facts import Facts, Linked, Rollup
from bridge.rules.decision import Answer, Ask, Decision
from bridge.rules.descriptors import bare, instant
from bridge.rules.document import Path
from bridge.rules.engine import Moment, decide_rule
from bridge.rules.loader import load
from bridge.rules.model import Example, Given, LinkedForm
from bridge.rules.problem import MappingProblems, Problem, did_you_mean
from bridge.rules.reading import coerce
from bridge.rules.ruleset import Rule, RuleSet
from bridge.rules.template import shown


@dataclass(frozen=True, kw_only=True)
class ExampleResult:
    """How one test went: `problem` says what differs and where the test stands, or nothing."""

    rule: str
    name: str
    problem: Problem | None

    @property
    def ok(self) -> bool:
        return self.problem is None


class _Unusable(Exception):
    """A test that cannot be run as it is written; `path` is the wrong part of it."""

    def __init__(self, text: str, path: Path) -> None:
        super().__init__(text)
        self.path = path


def run_examples(
    rules: RuleSet, *, actions: Mapping[str, type[Action[Any]]], kinds: Kinds
) -> tuple[ExampleResult, ...]:
    """Every test of every rule, each against its own rule alone."""
    return tuple(
        _run(rules, rule, number, kinds=kinds, actions=actions)
        for rule in rules.rules
        for number in range(len(rule.form.tests))
    )


def check(
    files: Mapping[str, str],
    *,
    kinds: Kinds,
    actions: Mapping[str, type[Action[Any]]],
    connections: Mapping[str, str] | None,
) -> tuple[Problem, ...]:
    """Everything that keeps these files from being live: mistakes, or else tests that fail."""
    try:
        rules = load(files, kinds=kinds, actions=actions, connections=connections)
    except MappingProblems as error:
        return error.problems
    results = run_examples(rules, actions=actions, kinds=kinds)
    return tuple(result.problem for result in results if result.problem is not None)


def _run(
    rules: RuleSet,
    rule: Rule,
    number: int,
    *,
    kinds: Kinds,
    actions: Mapping[str, type[Action[Any]]],
) -> ExampleResult:
    example = rule.form.tests[number]
    where = (*rule.site.path, "tests", number)
    document = rule.site.document
    try:
        event, facts = _moment(rules, rule, example.given, kinds=kinds)
        _known_actions(example, actions)
    except _Unusable as error:
        wrong = document.key_problem((*where, *error.path), f"test {example.name!r}: {error}")
        return ExampleResult(rule=rule.id, name=example.name, problem=wrong)
    concerned = rule.when & triggers(event)
    moment = Moment(event=event, facts=facts, rules=rules)
    decisions = tuple(decide_rule(rule, moment)) if concerned else ()
    said = "; ".join(_difference(example, decisions))
    problem = document.problem(where, f"test {example.name!r}: {said}") if said else None
    return ExampleResult(rule=rule.id, name=example.name, problem=problem)


def _known_actions(example: Example, actions: Mapping[str, type[Action[Any]]]) -> None:
    for number, expected in enumerate(example.expect):
        for name in _expected(expected):
            if name not in actions:
                text = f"no action `{name}`{did_you_mean(name, actions)}"
                raise _Unusable(text, ("expect", number, name))


def _difference(example: Example, decisions: Sequence[Decision]) -> Iterator[str]:
    """What is not as expected, in words."""
    errors = [item.reason for item in decisions if item.answer is Answer.ERROR]
    if errors:
        yield from errors
        return
    asks = [ask for decision in decisions for ask in decision.asks]
    wanted = [pair for item in example.expect for pair in _expected(item).items()]
    names, wanted_names = [ask.action for ask in asks], [name for name, _ in wanted]
    if names != wanted_names:
        yield f"expected {_listed(wanted_names)}, got {_listed(names)}{_because(decisions)}"
        return
    for ask, (_, args) in zip(asks, wanted, strict=True):
        yield from _args_differ(ask, args)


def _args_differ(ask: Ask, wanted: Mapping[str, Any] | None) -> Iterator[str]:
    for where, expected, got in _compare(wanted or {}, shown(ask.args), ""):
        yield f"{ask.action}: {where}: expected {expected!r}, got {got}"


def _compare(wanted: Any, got: Any, where: str) -> Iterator[tuple[str, Any, str]]:
    """Where the wanted part is not in what was asked: path, wanted value, what is there."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for key, item in wanted.items():
            path = f"{where}.{key}" if where else str(key)
            if key in got:
                yield from _compare(item, got[key], path)
            else:
                yield path, item, "nothing"
    elif isinstance(wanted, list | tuple) and isinstance(got, list | tuple):
        if list(wanted) != list(got):
            yield where, list(wanted), repr(list(got))
    elif wanted != got or isinstance(wanted, bool) is not isinstance(got, bool):
        yield where, wanted, repr(got)


def _because(decisions: Sequence[Decision]) -> str:
    reasons = [item.reason for item in decisions if item.answer is Answer.NO_MATCH]
    return f" ({'; '.join(reasons)})" if reasons else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def _expected(item: str | Mapping[str, Mapping[str, Any] | None]) -> Mapping[str, Any]:
    return {item: {}} if isinstance(item, str) else item


def _moment(rules: RuleSet, rule: Rule, given: Given, *, kinds: Kinds) -> tuple[Event, Facts]:
    extra = given.model_extra or {}
    for name in extra:
        if name != rule.kind:
            known = (rule.kind, *Given.model_fields)
            raise _Unusable(f"unknown key `{name}`{did_you_mean(name, known)}", ("given", name))
    now = _time(given.now)
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
    event = _event(rules, rule, given, record=record, changes=changes, now=now)
    return event, Facts(now=now, before=before, linked=linked)


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
    if given.event not in rule.when and given.event.partition(".")[0] != rule.kind:
        raise _Unusable(f"the rule is not about {given.event}", ("given", "event"))
    act = given.event.partition(".")[2]
    if act not in ("created", "updated", "deleted", "linked"):
        changes = (*changes, Change(field=act, before=False, after=True))
        act = "updated"
    home = _home(rules, rule.kind)
    return Event(
        id="evt_test",
        connection=home,
        subject=Ref(home, rule.kind, "1"),
        kind=f"{rule.kind}.{act}",
        version="1",
        occurred_at=now,
        recorded_at=now,
        origin=Origin(given.origin),
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
            raise _Unusable(text, ("given", "changed", number))
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
        raise _Unusable(f"a linked record stands under its kind: one of {names}", where)
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
        raise _Unusable(f"not a time: {text!r}", ("given",)) from None


def _record(kinds: Kinds, kind: str, values: Any, *, place: Path) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise _Unusable(f"{kind} is a mapping of its fields", place)
    fields = kinds[kind].model.model_fields
    return {
        name: _value(fields, name, values[name], place=(*place, name), kind=kind) for name in values
    }


def _value(fields: Mapping[str, Any], name: str, value: Any, *, place: Path, kind: str) -> Any:
    if name not in fields:
        raise _Unusable(f"{kind} has no field `{name}`{did_you_mean(name, fields)}", place)
    inner = getattr(bare(fields[name].annotation), "model_fields", None)
    if inner is not None and isinstance(value, Mapping):
        return {
            key: _value(inner, key, item, place=(*place, key), kind=name)
            for key, item in value.items()
        }
    try:
        return coerce(value, fields[name].annotation)
    except ValueError as error:
        raise _Unusable(f"{name}: {error}", place) from None
