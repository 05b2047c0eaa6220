"""The arguments of one step against the action's own model: at load with samples, then for real."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bridge.connectors.action import Action
from bridge.rules import form
from bridge.rules.cel_words import named
from bridge.rules.document import Path
from bridge.rules.problem import Problem
from bridge.rules.ruleset import Site
from bridge.rules.template import (
    Computed,
    Constant,
    Joined,
    Later,
    Listing,
    Table,
    Template,
    shown,
)

_STAND_INS = {
    "key": "ENG-12345",
    "id": "1000000",
    "ref": "jira:issue:1000000",
    "url": "https://example.invalid/browse/ENG-12345",
}
_SAMPLES: Mapping[str, Any] = {
    "STRING": "text",
    "DOUBLE": 1.5,
    "INT": 1,
    "BOOL": True,
    "TIMESTAMP": "2026-01-15T12:00:00Z",
    "DURATION": "1h",
}
_WRONG_TYPE = frozenset({"string_type", "float_type", "int_type", "bool_type"})


def check(
    site: Site,
    table: Table,
    *,
    action: type[Action[Any]],
    addressed: bool,
) -> tuple[Problem, ...]:
    """What the action would refuse whatever the event: unknown, missing and wrong arguments.

    `addressed`: Bridge fills the target itself.
    """
    moving: dict[Path, str] = {}
    values = _samples(table, action, moving, addressed=addressed)
    try:
        action.model_validate(values)
    except ValidationError as error:
        details = form.told(error, action)
        found = (_problem(site, detail, action=action, moving=moving) for detail in details)
        return tuple(problem for problem in found if problem is not None)
    return ()


def sets(template: Template, *, action: type[Action[Any]], addressed: bool) -> tuple[str, ...]:
    """The fields of its target that a step sets, named as the action compares them."""
    table = template if isinstance(template, Table) else Table({}, keep_empty=False)
    values = _samples(table, action, {}, addressed=addressed)
    try:
        made = action.model_validate(values)
    except ValidationError:  # of samples it takes less than of what will come
        return tuple(values.get(action.fields_from or "", ()))
    said = made.sets()
    return tuple(values.get(action.fields_from or "", ())) if said is None else tuple(said)


def fitted(
    action: type[Action[Any]], args: Mapping[str, Any], *, target: str | None
) -> Action[Any] | str:
    """The action with stand-ins for what is not known yet, or why it would not take the arguments."""
    values = shown(args, lambda _, what: _STAND_INS[what])
    if target is not None:
        values.setdefault(target, _STAND_INS["ref"])
    try:
        return action.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(_said(detail["loc"], detail["msg"]) for detail in details)


def _said(loc: tuple[int | str, ...], words: str) -> str:
    name = ".".join(str(step) for step in loc)
    words = words.removeprefix("Value error, ")
    return f"{name}: {words[:1].lower()}{words[1:]}" if name else words


def _problem(
    site: Site, detail: Any, *, action: type[Action[Any]], moving: Mapping[Path, str]
) -> Problem | None:
    loc: Path = tuple(detail["loc"])
    computed = next((kind for path, kind in moving.items() if loc[: len(path)] == path), None)
    if computed is None and not (moving and not loc):
        return form.problem(site.document, detail, model=action, under=site.path)
    if computed and detail["type"] in _WRONG_TYPE:
        wanted = "text" if detail["type"] == "string_type" else detail["type"][:-5]
        text = f"`{loc[0]}` should be {wanted}, and this expression gives {named(computed)}"
        if wanted == "text":
            text += "; with a word beside it it is text, as in Score: ${…}"
        return site.document.problem((*site.path, *loc), text)
    return None


def _samples(
    table: Table, action: type[Action[Any]], moving: dict[Path, str], *, addressed: bool
) -> dict[str, Any]:
    values = {key: _sample(item, (key,), moving) for key, item in table.items.items()}
    if addressed and action.target is not None:
        values.setdefault(action.target, _STAND_INS["ref"])
    return values


def _sample(template: Template, path: Path, moving: dict[Path, str]) -> Any:
    """A value the template might give; where it is computed is noted in `moving`."""
    match template:
        case Constant(value=value):
            return value
        case Later(value=value):
            moving[path] = ""
            return _STAND_INS.get(value, "")
        case Computed(expression=expression):
            moving[path] = expression.type if expression.type in _SAMPLES else ""
            return _SAMPLES.get(expression.type, "text")
        case Joined():
            moving[path] = ""
            return "text"
        case Listing(items=items):
            return [_sample(item, (*path, n), moving) for n, item in enumerate(items)]
        case Table(items=table):
            return {key: _sample(item, (*path, key), moving) for key, item in table.items()}
