"""Values with `${…}` in them: compiled once, filled for every event, finished when a create is there.

`${expr}` alone keeps the expression's type; inside other text it becomes text. `$${` is a plain
`${`. A field without a value is nothing in a text; alone, it leaves its argument out. What a
step that has not run yet will give stays as `{"$deferred": ["text", {"of": "task", "value":
"key"}]}` until `resolve`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.canonical import duration
from bridge.rules import tree
from bridge.rules.expression import Binding, Expression, Failure

DEFERRED = "$deferred"
RESULTS = ("key", "url", "id", "ref")  # what a step's result, or a linked record, can be asked for
LINKED = "linked"


class _Missing:
    """No value: the argument is left out."""


MISSING = _Missing()


class Unfilled(Exception):
    """A value that could not be made; `expression` and `offset` say which part of the text."""

    def __init__(self, text: str, *, expression: str) -> None:
        super().__init__(text)
        self.text = text
        self.expression = expression


@dataclass(frozen=True)
class Constant:
    value: Any


@dataclass(frozen=True)
class Later:
    """`${task.key}`: the result of an earlier step, or of the linked record."""

    of: str
    value: str


@dataclass(frozen=True)
class Computed:
    """An expression; `path` when it is a bare field, which may be without a value; `at` is the
    character of its text that it begins at."""

    expression: Expression
    path: tree.Path | None
    at: int = 0


@dataclass(frozen=True)
class Joined:
    """A text with expressions in it."""

    parts: tuple["Template", ...]


@dataclass(frozen=True)
class Listing:
    items: tuple["Template", ...]


@dataclass(frozen=True)
class Table:
    """A mapping. With `keep_empty` an empty field is written as null; an unknown one never is."""

    items: Mapping[str, "Template"]
    keep_empty: bool


Template = Constant | Later | Computed | Joined | Listing | Table


@dataclass(frozen=True, kw_only=True)
class Filling:
    """What a template is filled from.

    `records` holds the JSON records by variable, to tell unknown from empty; `linked` the results
    the linked record can give now.
    """

    binding: Binding
    records: Mapping[str, Mapping[str, Any]]
    linked: Mapping[str, str]
    linked_there: bool = True
    skipped: frozenset[str] = frozenset()  # steps whose result will never come


def fill(template: Template, filling: Filling) -> Any:
    """The value, `MISSING`, or with deferred parts. Raises Unfilled."""
    match template:
        case Constant(value=value):
            return value
        case Later():
            value = _later(template, filling)
            return {DEFERRED: [value]} if isinstance(value, dict) else value or MISSING
        case Computed():
            value = _computed(template, filling)
            return MISSING if value is None else plain(value)
        case Joined(parts=parts):
            return _joined([_part(part, filling) for part in parts])
        case Listing(items=items):
            values = (fill(item, filling) for item in items)
            return [value for value in values if not isinstance(value, _Missing)]
        case Table():
            return _table(template, filling)


def resolve(args: Mapping[str, Any], results: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The arguments with every deferred part filled in: `results["task"]["key"]`.

    Raises KeyError for a result that is not there yet.
    """
    return {key: _resolved(value, results) for key, value in args.items()}


def expressions(template: Template) -> Iterator[Expression]:
    """Those that filling it evaluates."""
    match template:
        case Computed(expression=expression):
            yield expression
        case Joined(parts=items) | Listing(items=items):
            for item in items:
                yield from expressions(item)
        case Table(items=table):
            for item in table.values():
                yield from expressions(item)


def needs(value: Any) -> Iterator[str]:
    """Whose results a filled value still waits for, in order, repeats and all."""
    if isinstance(value, dict):
        for part in value.get(DEFERRED, ()):
            if isinstance(part, dict):
                yield part["of"]
        for item in value.values():
            yield from needs(item)
    elif isinstance(value, list):
        for item in value:
            yield from needs(item)


def shown(value: Any, put: Callable[[str, str], str] = lambda of, what: f"${{{of}.{what}}}") -> Any:
    """The value with deferred parts as people wrote them, or as `put` would have them."""
    match value:
        case str():  # most are: what a mapping is takes longer to ask
            return value
        case {"$deferred": parts}:
            return "".join(
                part if isinstance(part, str) else put(part["of"], part["value"]) for part in parts
            )
        case Mapping():
            return {key: shown(item, put) for key, item in value.items()}
        case list() | tuple():
            return [shown(item, put) for item in value]
        case _:
            return value


def plain(value: Any) -> Any:
    """A value as JSON: times as ISO text with `Z`, lengths of time as `1h30m`."""
    match value:
        case str():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case timedelta():
            return _length(value)
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value


def text(value: Any) -> str:
    """A value inside a text: 5.0 as 5, true as true, a list with commas, nothing as nothing."""
    match plain(value):
        case None:
            return ""
        case bool() as flag:
            return "true" if flag else "false"
        case float() as number if number.is_integer() and abs(number) < 1e15:
            return str(int(number))
        case list() as items:
            return ", ".join(text(item) for item in items)
        case other:
            return str(other)


def _length(value: timedelta) -> str:
    whole = timedelta(seconds=round(abs(value).total_seconds()))
    return ("-" if value < timedelta(0) else "") + duration.text(whole)


def _table(template: Table, filling: Filling) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for key, item in template.items.items():
        value = fill(item, filling)
        if not isinstance(value, _Missing):
            filled[key] = value
        elif template.keep_empty and _is_empty(item, filling):
            filled[key] = None
    return filled


def _is_empty(item: Template, filling: Filling) -> bool:
    """Is this a bare field that the vendor showed us empty, not one we know nothing of?"""
    if not isinstance(item, Computed):
        return False
    if item.path is None:
        return True  # an expression that came out null said so
    return _known(filling.records.get(item.path[0], {}), item.path[1:])


def _known(record: Any, path: Sequence[str]) -> bool:
    for step in path:
        if record is None:
            return True  # its holder is empty, and so is it
        if not isinstance(record, Mapping) or step not in record:
            return False
        record = record[step]
    return True


def _later(template: Later, filling: Filling) -> str | dict[str, str]:
    if template.of in filling.skipped:
        return ""
    if template.of != LINKED or not filling.linked_there:
        return {"of": template.of, "value": template.value}
    return filling.linked.get(template.value, "")


def _part(template: Template, filling: Filling) -> str | dict[str, str]:
    match template:
        case Constant(value=value):
            return str(value)
        case Later():
            return _later(template, filling)
        case Computed():
            return text(_computed(template, filling))
        case _:
            raise TypeError("a text holds expressions and text only")


def _computed(template: Computed, filling: Filling) -> Any:
    if template.path is not None and not _has(filling.records, template.path):
        return None
    value = template.expression.evaluate(filling.binding)
    if isinstance(value, Failure):
        raise Unfilled(value.text, expression=template.expression.text)
    return value


def _has(records: Mapping[str, Mapping[str, Any]], path: Sequence[str]) -> bool:
    """A bare field's value, looked up in the record itself: an absent Timestamp would read 1970."""
    if path[0] not in records:
        return True
    here: Any = records
    for step in path:
        here = here.get(step) if isinstance(here, Mapping) else None
    return here is not None


def _joined(parts: Sequence[str | dict[str, str]]) -> Any:
    merged: list[str | dict[str, str]] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    if all(isinstance(part, str) for part in merged):
        return "".join(str(part) for part in merged)
    return {DEFERRED: merged}


def _resolved(value: Any, results: Mapping[str, Mapping[str, str]]) -> Any:
    return shown(value, lambda of, what: results[of][what])
