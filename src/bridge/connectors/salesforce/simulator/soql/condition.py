"""A WHERE clause bound to an object: checked against its types, then asked of each row."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from bridge.connectors.salesforce.simulator.identifier import canonical
from bridge.connectors.salesforce.simulator.rejection import Rejection
from bridge.connectors.salesforce.simulator.schema import TEXTS, Field, Row, Schema, Type
from bridge.connectors.salesforce.simulator.soql import literal
from bridge.connectors.salesforce.simulator.soql.path import Bound, bind
from bridge.connectors.salesforce.simulator.soql.syntax import (
    Among,
    Both,
    Compare,
    Condition,
    Either,
    Literal,
    Not,
    Path,
    Query,
)
from bridge.connectors.salesforce.simulator.table import Tables
from bridge.connectors.salesforce.simulator.vendor import NOT_EQUAL_MATCHES_NULL

Test = Callable[[Row], bool]

_IDS = frozenset({Type.ID, Type.REFERENCE})
_WANTED = {
    Type.BOOLEAN: bool, Type.DATE: date, Type.DATETIME: datetime,
    Type.DOUBLE: float, Type.CURRENCY: float,
}  # fmt: skip
_NAMES = {Type.DATETIME: "dateTime", Type.CURRENCY: "double"}


class Conditions:
    """Makes tests of conditions. Raises `Rejection` where the vendor would not run the query."""

    def __init__(self, query: Query, schema: Schema, tables: Tables) -> None:
        self._query = query
        self._schema = schema
        self._tables = tables

    def test(self, condition: Condition) -> Test:
        match condition:
            case Not(inner):
                negated = self.test(inner)
                return lambda row: not negated(row)
            case Both(parts):
                tests = [self.test(part) for part in parts]
                return lambda row: all(test(row) for test in tests)
            case Either(parts):
                tests = [self.test(part) for part in parts]
                return lambda row: any(test(row) for test in tests)
            case Among():
                return self._among(condition)
            case Compare():
                return self._compare(condition)

    def _among(self, condition: Among) -> Test:
        bound = self._bound(condition.path)
        wanted = {_comparable(bound.field, each) for each in condition.literals}
        return lambda row: (
            (_folded(bound.field, bound.read(row, self._tables)) in wanted) is not condition.negated
        )

    def _compare(self, condition: Compare) -> Test:
        bound = self._bound(condition.path)
        if condition.sign == "LIKE":
            return self._like(bound, condition.literal)
        wanted = _comparable(bound.field, condition.literal)
        holds = _SIGNS[condition.sign]
        return lambda row: holds(_folded(bound.field, bound.read(row, self._tables)), wanted)

    def _like(self, bound: Bound, wanted: Literal) -> Test:
        if bound.field.type not in TEXTS or not isinstance(wanted.value, str):
            raise Rejection(
                "INVALID_QUERY_FILTER_OPERATOR",
                f"invalid operator on {bound.field.type} field: {bound.field.name}",
            )
        pattern = literal.pattern(wanted.raw)
        return lambda row: pattern.fullmatch(str(bound.read(row, self._tables) or "")) is not None

    def _bound(self, path: Path) -> Bound:
        bound = bind(path, self._query, self._schema)
        refuse_long_text(bound.field, "filtered")
        return bound


def refuse_long_text(field: Field, verb: str) -> None:
    if not field.filterable:
        text = f"field '{field.name}' can not be {verb} in a query call"
        raise Rejection("INVALID_FIELD", text)


def _comparable(field: Field, wanted: Literal) -> Any:
    """The literal as values of this field are compared. Raises for a literal of another type."""
    if wanted.value is None:
        return None
    if field.type in _IDS:
        return _identifier(wanted)
    if field.type in TEXTS:
        if not isinstance(wanted.value, str):
            raise _wrong_type(field, "string and should be enclosed in quotes")
        return _folded(field, wanted.value)
    kind = _WANTED[field.type]
    if type(wanted.value) is not kind:
        name = _NAMES.get(field.type, field.type.value)
        raise _wrong_type(field, f"{name} and should not be enclosed in quotes")
    return wanted.value


def _identifier(wanted: Literal) -> str:
    found = canonical(wanted.value) if isinstance(wanted.value, str) else None
    if found is None:
        text = f"invalid ID field: {wanted.value}"
        raise Rejection("INVALID_QUERY_FILTER_OPERATOR", text)
    return found


def _wrong_type(field: Field, wanted: str) -> Rejection:
    text = f"value of filter criterion for field '{field.name}' must be of type {wanted}"
    return Rejection("INVALID_FIELD", text)


def _folded(field: Field, value: Any) -> Any:
    """Text is compared without its case, unless the field is case-sensitive; ids with it."""
    if isinstance(value, str) and field.type in TEXTS:
        return field.key(value)
    return value


def _differs(value: Any, wanted: Any) -> bool:
    if value is None and wanted is not None:
        return NOT_EQUAL_MATCHES_NULL
    return bool(value != wanted)


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: None not in (value, wanted) and holds(value, wanted)


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, wanted: bool(value == wanted),
    "!=": _differs,
    "<": _ordered(lambda value, wanted: value < wanted),
    ">": _ordered(lambda value, wanted: value > wanted),
    "<=": _ordered(lambda value, wanted: value <= wanted),
    ">=": _ordered(lambda value, wanted: value >= wanted),
}
