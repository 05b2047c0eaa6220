"""An expression over a vendor's own fields: `record.RecordType.Name == "Feedback"`.

Nobody tells us the vendor's types, so the paths the expression uses become fields of any type, all
optional: absent is absent here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.rules.descriptors import PACKAGE, Field, Schema
from bridge.rules.document import Document
from bridge.rules.document import Path as FilePath
from bridge.rules.expression import Expression, ExpressionError, Failure, Scope
from bridge.rules.guard import Guard
from bridge.rules.problem import Problem
from bridge.rules.reading import UNKNOWN, Unknown, at
from bridge.rules.tree import Call, Const, Ident, Node, Path, Select, children, path

VARIABLE = "record"


@dataclass(frozen=True, kw_only=True)
class VendorExpression:
    """A checked expression over a snapshot's fields. `where` and `column` are its place."""

    text: str
    where: str
    column: int
    paths: tuple[str, ...]
    expression: Expression
    scope: Scope
    schema: Schema
    message: str

    def unknown(self, fields: Mapping[str, Any]) -> tuple[str, ...]:
        """The paths it uses that these fields do not have."""
        return tuple(name for name in self.paths if isinstance(at(fields, name), Unknown))

    def evaluate(self, fields: Mapping[str, Any]) -> tuple[Any, str]:
        """The value and nothing, or nothing and why not."""
        values: dict[str, Any] = {}
        for name in self.paths:
            _put(values, name.split("."), value=at(fields, name))
        try:
            record = self.schema.message(self.message, values)
        except (ValueError, TypeError) as error:
            return None, f"the record cannot be read: {error}"
        value = self.expression.evaluate(self.scope.bind({VARIABLE: record}))
        return (None, value.text) if isinstance(value, Failure) else (value, "")


def check(
    document: Document, place: FilePath, text: str, *, condition: type[bool] | None
) -> tuple[VendorExpression | None, tuple[Problem, ...]]:
    """Compile and guard an expression; `condition` asks for a yes or no."""
    try:
        found = _compile(document, place, text)
    except ExpressionError as error:
        return None, (document.text_problem(place, error.offset, error.text),)
    guard = Guard(found.schema, {VARIABLE: found.message})
    root = found.expression.root
    findings = guard.condition(root) if condition else guard.value(root)
    problems = tuple(document.text_problem(place, item.at, item.text) for item in findings)
    if condition and found.expression.type not in ("BOOL", "DYN"):
        problems = (*problems, document.problem(place, "a condition is true or false"))
    return found, problems


def _compile(document: Document, place: FilePath, text: str) -> VendorExpression:
    bare = Scope(Schema().pool, {VARIABLE: "dyn"}).compile(text)
    names = _paths(bare.root)
    schema = Schema()
    message = _declare(schema, f"{PACKAGE}.Record", names)
    scope = Scope(schema.pool, {VARIABLE: message})
    start = document.inside(place, 0)
    return VendorExpression(
        text=text,
        where=f"{document.file}:{start.line}:{start.column}",
        column=start.column,
        paths=tuple(".".join(name) for name in names),
        expression=scope.compile(text),
        scope=scope,
        schema=schema,
        message=message,
    )


def _paths(root: Node) -> tuple[Path, ...]:
    """Every vendor field the expression names, without those that only hold another."""
    found: list[Path] = []
    _collect(root, found)
    unique = dict.fromkeys(found)
    return tuple(
        name for name in unique if not any(other[: len(name)] == name != other for other in unique)
    )


def _collect(node: Node, found: list[Path]) -> None:
    name = _spelled(node)
    if name is not None and name[0] == VARIABLE:
        if len(name) > 1:
            found.append(name[1:])
        return
    if isinstance(node, Call) and node.function == "_[_]" and _is_record(node.args[0]):
        text = "write record.Name; a field whose name has spaces cannot stand in an expression"
        raise ExpressionError(text, node.at)
    for child in children(node):
        _collect(child, found)


def _spelled(node: Node) -> Path | None:
    """The dotted name of a field, also inside `has()` and behind `.?`."""
    if isinstance(node, Select) and node.test:
        front = path(node.operand)
        return None if front is None else (*front, node.field)
    if isinstance(node, Call) and node.function == "_?._" and isinstance(node.args[1], Const):
        front = path(node.args[0])
        return None if front is None else (*front, str(node.args[1].value))
    return path(node)


def _is_record(node: Node) -> bool:
    return isinstance(node, Ident) and node.name == VARIABLE


def _declare(schema: Schema, name: str, paths: tuple[Path, ...]) -> str:
    fields: dict[str, Field] = {}
    for head in dict.fromkeys(found[0] for found in paths):
        below = tuple(found[1:] for found in paths if found[0] == head and len(found) > 1)
        fields[head] = (
            Field(type="message", message=_declare(schema, f"{name}_{head}", below))
            if below
            else Field(type="any")
        )
    return schema.add(name, fields)


def _put(values: dict[str, Any], steps: list[str], *, value: Any) -> None:
    if value is None or value is UNKNOWN:
        return
    for step in steps[:-1]:
        values = values.setdefault(step, {})
    values[steps[-1]] = value
