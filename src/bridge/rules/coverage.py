"""What of the mappings no test has ever decided: rules, triggers, steps, terms, keys of maps, syncs.
Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.canonical.event import triggers
from bridge.canonical.text import cut
from bridge.ledger.facts import Linked
from bridge.rules import document as documents
from bridge.rules import sync_coverage
from bridge.rules.decision import Answer, Decision
from bridge.rules.engine import Moment, passes_over
from bridge.rules.expression import Binding, Expression
from bridge.rules.problem import Problem
from bridge.rules.ruleset import Condition, Rule, RuleSet, Site, Step
from bridge.rules.show import show
from bridge.rules.template import Computed, Joined, Listing, Table, Template
from bridge.rules.terms import LookedUp, Met, Steps, tables, terms
from bridge.rules.tree import Node, children
from bridge.rules.trial import SyncTrial, Trial

MAPS = "maps"
SHARED = "all maps"  # in place of a rule; none can be called so
LONGEST = 80  # characters of a term that are shown

Point = tuple[Any, ...]  # identity of something that a test should reach


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Something that no test reached, and where it stands. `rule` is `all maps` for the key of one."""

    rule: str
    text: str
    file: str
    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class Covered:
    """One rule, one sync, or the maps: how many of the points that matter some test reached."""

    rule: str
    tests: int
    covered: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Coverage:
    rules: tuple[Covered, ...]
    gaps: tuple[Gap, ...]

    @property
    def percent(self) -> float:
        """Of all points; 100 where there are none."""
        total = sum(one.total for one in self.rules)
        return 100.0 * sum(one.covered for one in self.rules) / total if total else 100.0


def coverage(rules: RuleSet, tried: Sequence[Trial | SyncTrial]) -> Coverage:
    """What these trials reached of these rules."""
    parts: dict[tuple[int, int], Expression] = {}
    reached = {point for one in tried for point in _reached(one, parts)}
    made, gaps = [], []
    points = {rule.id: dict(_points(rule)) for rule in rules.rules}
    syncs = (*rules.syncs, *rules.idle)
    points |= {sync.rule: dict(sync_coverage.points(sync)) for sync in syncs}
    points |= {SHARED: dict(_keys(rules))}
    tests = {rule.id: len(rule.form.tests) for rule in rules.rules}
    tests |= {sync.rule: len(sync.form.tests) for sync in syncs}
    for name, wanted in points.items():
        missed = [_gap(name, said) for point, said in wanted.items() if point not in reached]
        gaps += missed
        count = len(wanted)
        made.append(
            Covered(rule=name, tests=tests.get(name, 0), covered=count - len(missed), total=count)
        )
    return Coverage(rules=tuple(one for one in made if one.total), gaps=tuple(gaps))


def _gap(rule: str, said: Problem) -> Gap:
    return Gap(rule=rule, text=said.text, file=said.file, line=said.line, column=said.column)


@dataclass(frozen=True)
class Placed:
    """An expression of a rule, and where it stands. `decides`: it is a condition."""

    expression: Expression
    site: Site
    decides: bool


def _of_condition(condition: Condition | None) -> Iterator[Placed]:
    if condition is not None:
        yield Placed(condition.whole, condition.site, decides=True)


def _of_values(template: Template, site: Site) -> Iterator[Placed]:
    match template:
        case Computed(expression=expression):
            yield Placed(expression, site, decides=False)
        case Joined(parts=parts):
            for part in parts:
                yield from _of_values(part, site)
        case Listing(items=items):
            for number, item in enumerate(items):
                yield from _of_values(item, Site(site.document, (*site.path, number)))
        case Table(items=table):
            for key, item in table.items():
                yield from _of_values(item, Site(site.document, (*site.path, key)))


def _of_filled(step: Step) -> Iterator[Placed]:
    """What is filled in when a step is asked for: its arguments, and what makes an alert of it."""
    yield from _of_values(step.args, step.site)
    route = step.route
    if route is not None:
        site = Site(step.site.document, (*step.site.path[:-1], "route"))
        for one in (
            *route.group_by.values(),
            *route.labels.values(),
            route.title,
            route.fingerprint,
        ):
            yield from _of_values(one, site) if one is not None else ()


def _placed(rule: Rule) -> Iterator[Placed]:
    yield from _of_condition(rule.condition)
    for step in rule.steps:
        yield from _of_condition(step.condition)
        yield from _of_filled(step)


def _points(rule: Rule) -> Iterator[tuple[Point, Problem]]:
    """What the tests of a rule should reach, and what is said if they do not."""
    document, here = rule.site.document, rule.site.path
    yield ("matched", rule.id), document.problem(here, "no test makes it act")
    yield ("refused", rule.id), document.problem(here, "no test makes it do nothing")
    for trigger in sorted(rule.when) if len(rule.when) > 1 else ():
        text = f"no test of `{trigger}` makes it act"
        yield ("when", rule.id, trigger), document.problem((*here, "when"), text)
    for origin in rule.form.origins if "origins" in rule.form.model_fields_set else ():
        text = f"no test of an event that came by `{origin}` makes it act"
        yield ("origin", rule.id, origin), document.problem((*here, "origins"), text)
    if rule.each is not None:
        text = f"no test has a linked {rule.each.linked}"
        yield ("each", rule.id), document.problem((*here, "each"), text)
        for role in rule.each.roles:
            text = f"no test has a {rule.each.linked} linked as `{role}`"
            yield ("role", rule.id, role), document.problem((*here, "each", "roles"), text)
    for one in _placed(rule):
        yield from _terms(one)


def _terms(one: Placed) -> Iterator[tuple[Point, Problem]]:
    for term in terms(one.expression.root, decides=one.decides):
        for held in (True, False):
            text = f"`{_shown(one.expression, term)}` is never {'true' if held else 'false'}"
            place = one.site.document.problem(one.site.path, text)
            if one.decides:
                place = one.site.document.text_problem(one.site.path, _start(term), text)
            yield ("term", *_identity(one.expression, term), held), place


def _identity(expression: Expression, term: Node) -> Point:
    return id(expression), term.id


def _shown(expression: Expression, term: Node) -> str:
    text = show(term)
    return cut(expression.text if "…" in text else text, LONGEST)


def _start(node: Node) -> int:
    return min((node.at, *(_start(child) for child in children(node))))


def _keys(rules: RuleSet) -> Iterator[tuple[Point, Problem]]:
    """The keys of the maps in which rules look up keys; not where a loop does."""
    roots = [one.expression.root for rule in rules.rules for one in _placed(rule)]
    found = {pair for root in roots for pair in tables(root)}
    loops = {name for name, looping in found if looping}
    read = [documents.read(file, text)[0] for file, text in rules.files.items()]
    homes = {
        path: document for document in read if document for path in document.keys if path[0] == MAPS
    }
    for name in sorted({name for name, _ in found} - loops):
        for key in rules.maps.get(name, ()):
            text = f"no test looks up `{key}` in `maps.{name}`"
            place = (MAPS, name, key)
            yield ("key", name, key), homes[place].key_problem(place, text)


def _reached(trial: Trial | SyncTrial, parts: dict[tuple[int, int], Expression]) -> Iterator[Point]:
    """The points that a trial reached."""
    if isinstance(trial, SyncTrial):
        yield from sync_coverage.reached(trial)
        return
    rule, moment = trial.rule, trial.moment
    if moment is None:
        return
    answers = {one.answer for one in trial.decisions}
    if answers <= {Answer.NO_MATCH}:
        yield "refused", rule.id
    if Answer.MATCHED in answers:
        yield "matched", rule.id
        yield "origin", rule.id, moment.event.origin
        yield from (("when", rule.id, one) for one in rule.when & triggers(moment.event))
    if passes_over(rule, moment.event, moment.facts):
        return
    for decision in trial.decisions:
        linked = _linked(moment, decision)
        if linked is not None:
            yield "each", rule.id
            yield "role", rule.id, linked.role
        if linked is not None or rule.each is None:
            yield from _met(rule, moment, linked, parts)


def _linked(moment: Moment, decision: Decision) -> Linked | None:
    found = (one for one in moment.facts.linked if one.link_id == decision.target)
    return next(found, None) if decision.target else None


def _met(
    rule: Rule, moment: Moment, linked: Linked | None, parts: dict[tuple[int, int], Expression]
) -> Iterator[Point]:
    """The terms that were met and the keys that were looked up, as far as the rule came."""
    binding = moment.view(rule.world, linked).binding
    for one in _evaluated(rule, binding):
        steps = Steps(rule.world.scope, one.expression, binding, parts)
        for found in steps.follow(one.expression.root, decides=one.decides):
            match found:
                case Met(term=term, held=held):
                    yield "term", *_identity(one.expression, term), held
                case LookedUp(table=table, key=key):
                    yield "key", table, key


def _evaluated(rule: Rule, binding: Binding) -> Iterator[Placed]:
    """The expressions that were evaluated, as far as the rule came."""
    yield from _of_condition(rule.condition)
    for step in rule.steps if _holds(rule.condition, binding) else ():
        yield from _of_condition(step.condition)
        yield from _of_filled(step) if _holds(step.condition, binding) else ()


def _holds(condition: Condition | None, binding: Binding) -> bool:
    return condition is None or condition.whole.evaluate(binding) is True
