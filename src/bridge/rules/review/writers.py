"""Two steps that write the same field of the same record for one event: the later one wins, silently.

Whether both can act is decided where their conditions are comparisons with constants, and is a
fault; where something stands in them that nobody can read, it is a warning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from bridge.connectors.action import Action
from bridge.rules import arguments
from bridge.rules.problem import Problem
from bridge.rules.review.boxes import Box
from bridge.rules.review.domain import Domain, Value
from bridge.rules.review.situations import KIND, ORIGIN, ROLE, Situation
from bridge.rules.ruleset import Step
from bridge.rules.step_loader import system
from bridge.rules.template import Computed, Constant, Joined, Later, Table, Template
from bridge.rules.tree import Path

MOVES = "the status"
Address = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """A step as a writer: whom it addresses, which fields it sets, and when it is done."""

    situation: Situation
    step: Step
    address: Address
    fields: Mapping[str, str]  # name as the action compares it -> a text of its value
    written: Mapping[str, str]  # the same name -> as it stands in the file
    boxes: tuple[Box, ...]
    hull: Mapping[Path, frozenset[Value | None]]  # where every box says so: all that a field may be


def of_rules(each: tuple[Situation, ...]) -> Iterator[Problem]:
    """Every pair of steps of rules about one record kind."""
    kinds = sorted({one.rule.kind for one in each})
    for kind in kinds:
        writers = [w for one in each if one.rule.kind == kind for w in _writers(one)]
        for first, second in combinations(writers, 2):
            if first.address == second.address:
                yield from _both(first, second)


def _both(first: _Writer, second: _Writer) -> Iterator[Problem]:
    names = [
        second.written.get(name, name)
        for name, value in second.fields.items()
        if first.fields.get(name, value) != value
    ]
    if not names or _apart(first, second):
        return
    boxes = second.situation.space.meet(first.boxes, second.boxes)
    if not boxes:
        return
    sure = next((box for box in boxes if box.sure and _plain(box)), None)
    problem = _problem(first, second, names, sure)
    yield problem if sure is not None else problem.warning()


def _apart(first: _Writer, second: _Writer) -> bool:
    """Is there a field of which one needs other words than the other? Most pairs end here."""
    shared = first.hull.keys() & second.hull.keys()
    return any(first.hull[name].isdisjoint(second.hull[name]) for name in shared)


def _hull(boxes: tuple[Box, ...]) -> Mapping[Path, frozenset[Value | None]]:
    """What each field may be in any of the boxes, of those that all of them name by words."""
    found: dict[Path, frozenset[Value | None]] = {}
    for name in boxes[0].fields if boxes else ():
        domains = [box.fields.get(name) for box in boxes]
        words = [one.only for one in domains if one is not None and one.only is not None]
        if len(words) == len(boxes):
            none = {None} if any(one is not None and one.absent for one in domains) else set()
            found[name] = frozenset(none).union(*words)
    return found


def _plain(box: Box) -> bool:
    """Nothing but what the record is now: what it was before hangs together with what changed."""
    return all(name[0] != "before" for name in box.fields)


def _problem(first: _Writer, second: _Writer, names: list[str], sure: Box | None) -> Problem:
    fields = ", ".join(f"`{name}`" if name != MOVES else name for name in names)
    other, place = first.situation.rule.id, first.step.site
    at = place.document.keys.get(place.path) or place.document.places[place.path]
    where = f"rule `{other}` ({place.document.file}:{at.line})"
    if first.situation.rule is second.situation.rule:
        where = f"step `{first.step.id}` (line {at.line})"
    if sure is None:
        said = f"{fields} of the same record may be written by {where} too, for the same event"
    else:
        said = f"{fields} of the same record is written by {where} too: both act on {_told(sure)}"
    text = f"{said}; let one of the two write it, or make their conditions exclude each other"
    site = second.step.site
    return site.document.key_problem(site.path, text)


def _told(box: Box) -> str:
    """A case in which both act, in words: the event, then what is asked of it."""
    kinds = " or ".join(sorted(map(str, box.fields[KIND].only or ())))
    asked = (
        _words(".".join(name), domain)
        for name, domain in sorted(box.fields.items())
        if name not in (KIND, ORIGIN, ROLE)
    )
    told = " and ".join(one for one in asked if one)
    return f"{kinds}, when {told}" if told else kinds


def _words(name: str, domain: Domain) -> str:
    if domain.only is not None and domain.only:
        some = sorted(map(_literal, domain.only))
        return f"{name} is {' or '.join(some)}"
    if domain.only is not None:
        return f"{name} has no value"
    bounds = []
    if domain.low != float("-inf"):
        bounds.append(f"{'above' if domain.low_open else 'at least'} {domain.low:g}")
    if domain.high != float("inf"):
        bounds.append(f"{'below' if domain.high_open else 'at most'} {domain.high:g}")
    return f"{name} is {' and '.join(bounds)}" if bounds else ""


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _writers(one: Situation) -> Iterator[_Writer]:
    if one.rule.form.mode == "observe":
        return
    for step in one.rule.steps:
        address = _address(one, step)
        given = _given(step)
        fields = _fields(step, given)
        boxes = one.step(step) if address is not None and fields else ()
        if address is not None and boxes:
            yield _Writer(
                situation=one,
                step=step,
                address=address,
                fields=fields,
                written={name.casefold(): name for name in given},
                boxes=boxes,
                hull=_hull(boxes),
            )


def _address(one: Situation, step: Step) -> Address | None:
    """What tells two records apart, as far as the file says; `None` for what makes a new one."""
    action, items = step.action, _items(step.args)
    if action.target is not None:
        given = items.get(action.target)
        whom = _text(given) if given is not None else _whom(one)
        return (system(action), step.connection or "", whom)
    if action.upserts:
        named = (f"{key}={_text(items[key])}" for key in _key_names(action) if key in items)
        return (system(action), step.connection or "", *named)
    return None


def _key_names(action: type[Action[Any]]) -> tuple[str, ...]:
    return tuple(name for name in action.model_fields if name != action.fields_from)


def _whom(one: Situation) -> str:
    return f"each {one.rule.each.linked}" if one.rule.each else "the event's own record"


def _given(step: Step) -> Mapping[str, Template]:
    """The arguments and, beside them, the vendor fields that one of them holds."""
    items = _items(step.args)
    inner = items.get(step.action.fields_from or "")
    return {**items, **(_items(inner) if inner is not None else {})}


def _fields(step: Step, given: Mapping[str, Template]) -> Mapping[str, str]:
    if step.action.moves:
        return {MOVES: _text(step.args)}
    named = arguments.sets(step.args, action=step.action, addressed=step.target is not None)
    told = {name.casefold(): _text(value) for name, value in given.items()}
    return {name: told.get(name.casefold(), "?") for name in named}


def _items(template: Template) -> Mapping[str, Template]:
    return template.items if isinstance(template, Table) else {}


def _text(template: Template) -> str:
    """A text that two templates share only if they give the same value."""
    match template:
        case Constant(value=value):
            return repr(value)
        case Computed(expression=expression):
            return f"${{{expression.text.strip()}}}"
        case Later(of=of, value=value):
            return f"${{{of}.{value}}}"
        case Joined(parts=parts):
            return "".join(_text(part) for part in parts)
        case Table(items=items):
            return repr({key: _text(item) for key, item in sorted(items.items())})
        case _:
            return repr([_text(item) for item in template.items])
