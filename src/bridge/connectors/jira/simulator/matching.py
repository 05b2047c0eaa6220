"""What JQL clauses mean: an index entry matches a query, or the query is refused."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.connectors.jira.simulator import catalogue
from bridge.connectors.jira.simulator.catalogue import Field, Kind
from bridge.connectors.jira.simulator.index import Entry
from bridge.connectors.jira.simulator.jql import Clause, Group, Query, wrong
from bridge.connectors.jira.simulator.limits import ORDER_MAX
from bridge.connectors.jira.simulator.refusal import Refused
from bridge.connectors.jira.simulator.state import State

Test = Callable[[Entry], bool]

_ALIASES = {
    "type": "issuetype",
    "issuekey": "key",
    "issue": "key",
    "due": "duedate",
    "fixversion": "fixVersions",
    "label": "labels",
}
_EMPTY = {"empty", "null"}
_RELATIVE = re.compile(r"-(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORMS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_WORD = re.compile(r"\w+")


def test(state: State, query: Query) -> Test:
    """Raises Refused 400 for fields, operators and values that are not known."""
    if query.where is None:
        return lambda _: True
    return _test(state, query.where)


def ordered(query: Query, entries: Collection[Entry]) -> list[Entry]:
    """By the query's order; without one, youngest first."""
    if len(query.order) > ORDER_MAX:
        raise wrong(f"The maximum number of fields to order by is {ORDER_MAX}.")
    found = sorted(entries, key=lambda entry: -entry.id)
    for name, descending in reversed(query.order):
        key = _sort_key(name)
        found.sort(key=key, reverse=descending)
    return found


def _test(state: State, part: Clause | Group) -> Test:
    if isinstance(part, Clause):
        return _clause(state, part)
    tests = [_test(state, inner) for inner in part.parts]
    if part.joint == "or":
        return lambda entry: any(test(entry) for test in tests)
    return lambda entry: all(test(entry) for test in tests)


def _clause(state: State, clause: Clause) -> Test:
    name = _ALIASES.get(clause.field.lower(), clause.field.lower())
    if name in {"id", "key"}:
        return _address(state, clause)
    field = _field(name)
    if clause.operator in {"is", "is not"}:
        return _emptiness(field, clause)
    if field.kind in {Kind.MOMENT, Kind.DATETIME, Kind.DATE}:
        return _time(state, field, clause)
    if field.kind in {Kind.TEXT, Kind.WIKI}:
        return _text(field, clause)
    return _equality(state, field, clause)


def _field(name: str) -> Field:
    for field in catalogue.FIELDS.values():
        names = {field.id.lower(), field.name.lower()} if not field.custom else {field.name.lower()}
        if field.custom:
            names.add(f"cf[{field.id.removeprefix('customfield_')}]")
        if name in names:
            return field
    raise wrong(f"Field '{name}' does not exist or you do not have permission to view it.")


def _address(state: State, clause: Clause) -> Test:
    ids: set[int] = set()
    for value in _listed(clause):
        try:
            ids.add(state.seen(value).id)
        except Refused as refused:
            raise Refused(
                400,
                f"An issue with key '{value}' does not exist for field '{clause.field}'.",
            ) from refused
    negative = clause.operator in {"!=", "not in"}
    return lambda entry: (entry.id in ids) is not negative


def _listed(clause: Clause) -> tuple[str, ...]:
    if clause.operator not in {"=", "!=", "in", "not in"}:
        raise _no_operator(clause)
    return clause.values


def _no_operator(clause: Clause) -> Refused:
    return Refused(
        400, f"The operator '{clause.operator}' is not supported by the '{clause.field}' field."
    )


def _emptiness(field: Field, clause: Clause) -> Test:
    if clause.values[0].lower() not in _EMPTY:
        raise Refused(400, f"The operator '{clause.operator}' takes EMPTY only.")
    wanted = clause.operator == "is"
    return lambda entry: (entry.values.get(field.id) is None) is wanted


def _equality(state: State, field: Field, clause: Clause) -> Test:
    wanted = {_stored(state, field, value) for value in _listed(clause)}
    negative = clause.operator in {"!=", "not in"}

    def matches(entry: Entry) -> bool:
        has = entry.values.get(field.id)
        if has is None:
            return False  # as in Jira, an empty field matches neither = nor !=
        held = set(has) if isinstance(has, tuple) else {has}
        return bool(held & wanted) is not negative

    return matches


def _stored(state: State, field: Field, value: str) -> Any:
    """The site's own form of a value, by name or id."""
    if field.kind is Kind.LABELS:
        return value
    if field.kind is Kind.NUMBER:
        return _number(field, value)
    for ident, names in _choices(state, field):
        if value.lower() in names:
            return ident
    raise Refused(400, f"The value '{value}' does not exist for the field '{field.id}'.")


def _number(field: Field, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise Refused(400, f"The value '{value}' is not a number for '{field.id}'.") from error


def _choices(state: State, field: Field) -> list[tuple[Any, set[str]]]:
    if field.kind is Kind.PROJECT:
        seen = [entry for entry in state.projects.values() if entry.key not in state.hidden]
        return [(e.key, {e.key.lower(), e.name.lower(), str(e.id)}) for e in seen]
    if field.kind is Kind.USER:
        return [(a.id, {a.id.lower(), a.key(state.flavour)}) for a in state.accounts.values()]
    named: Mapping[Kind, Collection[Any]] = {
        Kind.TYPE: catalogue.TYPES,
        Kind.STATUS: catalogue.STATUSES,
        Kind.PRIORITY: catalogue.PRIORITIES,
        Kind.RESOLUTION: catalogue.RESOLUTIONS,
        Kind.VERSIONS: state.versions.values(),
        Kind.SPRINTS: state.sprints.values(),
        Kind.OPTION: field.options,
        Kind.OPTIONS: field.options,
    }
    return [(entry.id, {str(entry.id), entry.name.lower()}) for entry in named.get(field.kind, ())]


def _text(field: Field, clause: Clause) -> Test:
    """`~` finds whole words; a value in (escaped) quotes is a phrase."""
    if clause.operator != "~":
        raise _no_operator(clause)
    phrase = clause.values[0]
    words = _WORD.findall(phrase.lower())
    exact = phrase.startswith('"') and phrase.endswith('"') and len(phrase) > 1

    def matches(entry: Entry) -> bool:
        held = _WORD.findall(str(entry.values.get(field.id) or "").lower())
        if not exact:
            return bool(words) and set(words) <= set(held)
        runs = (held[at : at + len(words)] for at in range(len(held)))
        return bool(words) and words in runs

    return matches


def _time(state: State, field: Field, clause: Clause) -> Test:
    bound = _bound(state, field, clause.values[0])
    compare = _COMPARE.get(clause.operator)
    if compare is None:
        raise _no_operator(clause)

    def matches(entry: Entry) -> bool:
        has = entry.values.get(field.id)
        if isinstance(has, datetime):
            return compare(has, bound)
        return has is not None and compare(date.fromisoformat(has), bound.date())

    return matches


def _bound(state: State, field: Field, value: str) -> datetime:
    """Minutes at most, in the time zone of the user who asks."""
    zone = ZoneInfo(state.bot.zone)
    relative = _RELATIVE.fullmatch(value)
    if relative is not None:
        span = timedelta(**{_UNITS[relative[2]]: int(relative[1])})
        return (state.now() - span).astimezone(zone).replace(second=0, microsecond=0)
    for form in _FORMS:
        try:
            return datetime.strptime(value, form).replace(tzinfo=zone)
        except ValueError:
            continue
    raise Refused(
        400,
        f"Date value '{value}' for field '{field.id}' is invalid. Valid formats include:"
        " 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format"
        " e.g. '-5d', '4w 2d'.",
    )


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": lambda has, bound: bool(has >= bound),
    ">": lambda has, bound: bool(has > bound),
    "<=": lambda has, bound: bool(has <= bound),
    "<": lambda has, bound: bool(has < bound),
}


def _sort_key(name: str) -> Callable[[Entry], Any]:
    lower = _ALIASES.get(name.lower(), name.lower())
    if lower in {"id", "key"}:
        return lambda entry: (entry.values["project"], entry.id)
    if lower not in {"created", "updated", "duedate", "priority", "summary", "status"}:
        raise Refused(400, f"Not able to sort using field '{name}'.")
    return lambda entry: (entry.values.get(lower) is None, str(entry.values.get(lower)))
