"""Makes wrong rules out of right ones, one small change each: whoever makes such a change must be told.

A mutant dies if the files do not load any more or one of their tests fails. What is changed decides
something: triggers, origins, conditions and each node of them, steps and their order, arguments and
each part of them, keys and values of maps, and how things are sent (`urgent`, `expires`, …). What
only describes (`description`, names of tests) or belongs to the past (`was`) is left alone.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from bridge.canonical.kind import standard
from bridge.canonical.timed import TIMED
from bridge.connectors.registry import actions
from bridge.rules import document as documents
from bridge.rules.examples import run_examples
from bridge.rules.expression import ExpressionError
from bridge.rules.loader import load
from bridge.rules.model import DECIDED
from bridge.rules.placeholder import pieces
from bridge.rules.problem import MappingProblems
from bridge.rules.rule_loader import trigger_names
from bridge.rules.ruleset import Rule
from bridge.rules.tree import Call, Const, Ident, Items, Node, Select

Files = Mapping[str, str]
Place = tuple[str | int, ...]
CONNECTIONS = {"jira": "jira", "salesforce": "salesforce", "teams": "teams"}
OPTIONS = (
    "urgent",
    "mode",
    "dead_head",
    "each",
    "if",
    "after",
    "before",
    "of",
    "calendar",
    "existing",
)
STEP_OPTIONS = (
    "id",
    "role",
    "relation",
    "expires",
    "waits_for",
    "merge",
    "connection",
    "if",
    "route",
)
_INSTEAD: Mapping[str, Sequence[str]] = {
    "_==_": ("_!=_",),
    "_!=_": ("_==_",),
    "_<_": ("_<=_", "_>_"),
    "_<=_": ("_<_", "_>_"),
    "_>_": ("_>=_", "_<_"),
    "_>=_": ("_>_", "_<_"),
    "_&&_": ("_||_",),
    "_||_": ("_&&_",),
    "_+_": ("_-_",),
    "_-_": ("_+_",),
}
_SIGNS = {"@in": "in"}


class Unwritable(Exception):
    """A tree whose written form is gone, such as a loop's."""


@dataclass(frozen=True)
class Mutant:
    """Files with one change, and what was changed."""

    what: str
    files: Files


def survivors(mutants: Iterable[Mutant]) -> list[str]:
    """What could be changed without anybody noticing: the files load, and all tests pass."""
    return [one.what for one in mutants if _lives(one.files)]


def _lives(files: Files) -> bool:
    try:
        rules = load(files, kinds=standard(), actions=actions(), connections=CONNECTIONS)
    except MappingProblems:
        return False
    return all(one.ok for one in run_examples(rules, actions=actions(), kinds=standard()))


def of_rule(files: Files, rule: Rule) -> Iterator[Mutant]:
    """Every mutant of one rule, which stands alone in its file then, beside the maps."""
    file = rule.site.document.file
    alone = _without_other_rules(files, rule)
    whole: dict[str, Any] = alone[file]
    others = {name: json.dumps(value) for name, value in alone.items() if name != file}
    for what, value in _changed(whole["rules"][0], rule):
        text = json.dumps({**whole, "rules": [value]})
        yield Mutant(f"{rule.id}: {what}", {**others, file: text})


def of_maps(files: Files) -> Iterator[Mutant]:
    """Every mutant of the maps that rules look things up in."""
    for file, text in files.items():
        whole = _value(file, text)
        for name in whole.get("maps", {}) if file.startswith("rules/") else ():
            for what, table in _table(whole["maps"][name]):
                changed = {**whole, "maps": {**whole["maps"], name: table}}
                yield Mutant(f"maps.{name}: {what}", {**files, file: json.dumps(changed)})


def _without_other_rules(files: Files, rule: Rule) -> dict[str, Any]:
    found = {file: _value(file, text) for file, text in files.items()}
    for file, value in found.items():
        if file.startswith("rules/"):
            kept = value["rules"][rule.site.path[1]] if file == rule.site.document.file else None
            found[file] = {**value, "rules": [kept] if kept else []}
    return found


def _value(file: str, text: str) -> Any:
    document, problems = documents.read(file, text)
    assert document is not None, problems
    return document.value


def _changed(form: dict[str, Any], rule: Rule) -> Iterator[tuple[str, dict[str, Any]]]:
    """One change of a rule at a time."""
    yield from _triggers(form, rule)
    yield from _origins(form)
    for key in OPTIONS:
        if key in form:
            yield f"without `{key}`", _without(form, (key,))
    yield from _roles(form)
    yield from _conditions(form, ("if",), rule)
    yield from _steps(form, rule)


def _triggers(form: dict[str, Any], rule: Rule) -> Iterator[tuple[str, dict[str, Any]]]:
    now = [form["when"]] if isinstance(form["when"], str) else form["when"]
    kind = standard()[rule.kind]
    others = [one for one in trigger_names(kind) if one not in {*now, *TIMED}]
    for one in now:
        kept = [other for other in now if other != one]
        if kept:
            yield f"without the trigger {one}", {**form, "when": kept}
        for other in others:
            yield f"{other} instead of {one}", {**form, "when": [*kept, other]}
    for other in others:
        yield f"also {other}", {**form, "when": [*now, other]}


def _origins(form: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    now = form.get("origins", [str(one.value) for one in DECIDED])
    if "origins" in form:
        yield "without `origins`", _without(form, ("origins",))
        for one in now:
            yield f"not by {one}", {**form, "origins": [other for other in now if other != one]}
    when = form["when"]
    if TIMED.keys() >= ({when} if isinstance(when, str) else {*when}):
        return  # what time makes comes by the clock alone
    for one in ("own", "backfill"):
        if one not in now:
            yield f"also by {one}", {**form, "origins": [*now, one]}


def _roles(form: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    each = form.get("each")
    if not isinstance(each, dict) or "roles" not in each:
        return
    for one in each["roles"]:
        kept = [other for other in each["roles"] if other != one]
        yield f"not linked as {one}", {**form, "each": {**each, "roles": kept}}
    yield "linked as anything", {**form, "each": _without(each, ("roles",))}


def _steps(form: dict[str, Any], rule: Rule) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, step in enumerate(form["do"]):
        here: Place = ("do", number)
        name = rule.steps[number].id
        yield f"without the step {name}", _without(form, here)
        yield f"the step {name} twice", _put(form, ("do",), [*form["do"], {**step, "id": "again"}])
        for key in STEP_OPTIONS:
            if key in step:
                yield f"{name} without `{key}`", _without(form, (*here, key))
        yield from _conditions(form, (*here, "if"), rule)
        action = next(key for key in step if "." in key)
        yield from _values(form, (*here, action), rule)
    if len(form["do"]) > 1:
        yield "the steps in another order", {**form, "do": form["do"][::-1]}


def _values(form: dict[str, Any], path: Place, rule: Rule) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each argument left out or changed, at any depth."""
    value, said = _at(form, path), ".".join(str(step) for step in path[1:])
    match value:
        case dict():
            for key in value:
                yield f"without {said}.{key}", _without(form, (*path, key))
                yield from _values(form, (*path, key), rule)
        case list():
            for number in range(len(value)):
                yield f"without {said}.{number}", _without(form, (*path, number))
                yield from _values(form, (*path, number), rule)
        case str():
            for what, text in _texts(value, rule):
                yield f"{said}: {what}", _put(form, path, text)
        case _:
            yield f"{said}: another value", _put(form, path, _other(value))


def _texts(text: str, rule: Rule) -> Iterator[tuple[str, str]]:
    """A text with other words, without one of its expressions, or with one changed."""
    found = pieces(text)
    for number, piece in enumerate(found):
        if not piece.expression:
            yield f"other words than {piece.text!r}", _joined(found, number, f"{piece.text}~")
            continue
        yield f"without ${{{piece.text}}}", _joined(found, number, "")
        for what, changed in _expressions(piece.text, rule):
            yield what, _joined(found, number, f"${{{changed}}}")


def _joined(found: Sequence[Any], at: int, other: str) -> str:
    return "".join(
        other if n == at else f"${{{one.text}}}" if one.expression else one.text
        for n, one in enumerate(found)
    )


def _conditions(
    form: dict[str, Any], path: Place, rule: Rule
) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        text = _at(form, path)
    except LookupError:
        return
    for what, changed in _expressions(text, rule):
        yield what, _put(form, path, changed)


def _expressions(text: str, rule: Rule) -> Iterator[tuple[str, str]]:
    """Every change of one node of an expression."""
    try:
        root = rule.world.scope.compile(text).root
        whole = written(root)
    except (ExpressionError, Unwritable):  # what a step will give is no expression
        return
    for changed in _nodes(root):
        try:
            other = written(changed)
        except Unwritable:
            continue
        if other != whole:
            yield f"{other} instead of {whole}", other


def _nodes(node: Node) -> Iterator[Node]:
    """The tree with one node changed."""
    yield from _replaced(node)
    match node:
        case Call():
            for number, item in enumerate(node.args):
                for other in _nodes(item):
                    args = (*node.args[:number], other, *node.args[number + 1 :])
                    yield replace(node, args=args)
        case Items():
            for number, item in enumerate(node.items):
                for other in _nodes(item):
                    items = (*node.items[:number], other, *node.items[number + 1 :])
                    yield replace(node, items=items)
        case _:
            return


def _replaced(node: Node) -> Iterator[Node]:
    match node:
        case Call(function="_&&_" | "_||_", args=args):
            yield from args  # without the other term
        case Call(function="_?_:_", args=(test, yes, no)):
            yield from (yes, no, replace(node, args=(test, no, yes)))
        case Call(function="@in"):
            yield Call(node.at, "!_", (node,))
        case Call(function="!_", args=(inner,)):
            yield inner
        case Select(test=True):
            yield Call(node.at, "!_", (node,))
        case Const(value=value):
            yield replace(node, value=_other(value))
        case Items(items=items):
            yield from (
                replace(node, items=(*items[:n], *items[n + 1 :])) for n in range(len(items))
            )
        case _:
            pass
    if isinstance(node, Call):
        for other in _INSTEAD.get(node.function, ()):
            yield replace(node, function=other)


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}~"
        case _:
            return "~"


def written(node: Node) -> str:
    """A tree as an expression again, with all its brackets."""
    match node:
        case Ident(name=name):
            return name
        case Const(value=value):
            return json.dumps(value, ensure_ascii=False)
        case Select(operand=operand, field=field, test=test):
            inner = f"{written(operand)}.{field}"
            return f"has({inner})" if test else inner
        case Items(items=items):
            return f"[{', '.join(written(item) for item in items)}]"
        case Call(function=function, args=args):
            return _call(function, [written(item) for item in args])
        case _:
            raise Unwritable


def _call(function: str, args: list[str]) -> str:
    sign = _SIGNS.get(function, function.strip("_"))
    if function == "_?_:_":
        return f"({args[0]} ? {args[1]} : {args[2]})"
    if function == "_[_]":
        return f"{args[0]}[{args[1]}]"
    if len(args) == 2 and (function in _INSTEAD or function in {"@in", "_*_", "_/_", "_%_"}):
        return f"({args[0]} {sign} {args[1]})"
    if function in {"!_", "-_"}:
        return f"{sign}({args[0]})"
    raise Unwritable


def _table(table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in table.items():
        yield f"without {key}", {other: item for other, item in table.items() if other != key}
        yield f"{key}: another value", {**table, key: _other(value)}
        for other, item in table.items():
            if item != value:
                yield f"{key} as {other}", {**table, key: item}


def _at(value: Any, path: Place) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(form: dict[str, Any], path: Place, value: Any) -> dict[str, Any]:
    made = deepcopy(form)
    _at(made, path[:-1])[path[-1]] = value
    return made


def _without(form: Any, path: Place) -> Any:
    made = deepcopy(form)
    del _at(made, path[:-1])[path[-1]]
    return made
