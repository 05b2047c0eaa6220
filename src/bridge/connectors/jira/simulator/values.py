"""Field values as callers send them: checked as Jira checks, turned into the site's own form."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bridge.connectors.jira.simulator import catalogue, text
from bridge.connectors.jira.simulator.catalogue import Field, Kind, Named
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.limits import LABEL_MAX, SUMMARY_IS_TRIMMED, SUMMARY_MAX
from bridge.connectors.jira.simulator.refusal import Refused
from bridge.connectors.jira.simulator.state import State

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def taken(state: State, field: Field, raw: Any, *, version: str, project: str) -> Any:
    """`raw` in the site's own form, None for an empty value. ValueError with Jira's words."""
    if raw is None:
        return _emptied(field)
    if field.kind is Kind.WIKI:
        return text.wiki(raw, version) or None
    if field.kind is Kind.TEXT:
        return _summary(raw) if field.id == "summary" else _line(raw)
    if field.kind in _PLACED:
        return _PLACED[field.kind](state, project, raw)
    if field.kind in _LISTED:
        return _listed(field, raw, _LISTED[field.kind])
    return _PLAIN[field.kind](field, raw)


def _emptied(field: Field) -> Any:
    if field.id == "summary":
        raise ValueError("You must specify a summary of the issue.")
    if field.kind in {Kind.PRIORITY, Kind.TYPE, Kind.PROJECT}:
        raise ValueError(f"{field.name} is required.")
    return None


def _summary(raw: Any) -> str:
    line = _line(raw, most=10**9)
    if SUMMARY_IS_TRIMMED:
        line = line.strip()
    if not line:
        raise ValueError("You must specify a summary of the issue.")
    if "\n" in line or "\r" in line:
        raise ValueError("The summary is invalid because it contains newline characters.")
    if len(line) > SUMMARY_MAX:
        raise ValueError(f"Summary must be less than {SUMMARY_MAX} characters.")
    return line


def _line(raw: Any, *, most: int = 255) -> str:
    if not isinstance(raw, str):
        raise ValueError(text.NOT_A_STRING)
    if len(raw) > most:
        raise ValueError(f"The value is too long. The limit is {most} characters.")
    return raw


def _labels(field: Field, raw: Any) -> tuple[str, ...] | None:
    for label in _array(raw):
        if not isinstance(label, str):
            raise ValueError("string expected at index 0")
        if not label or any(letter.isspace() for letter in label):
            raise ValueError(f"The label '{label}' contains spaces which is invalid.")
        if len(label) > LABEL_MAX:
            raise ValueError(f"The label '{label}' exceeds the maximum length of {LABEL_MAX}.")
    return tuple(dict.fromkeys(raw)) or None


def _array(raw: Any) -> Sequence[Any]:
    if not isinstance(raw, list):
        raise ValueError("data was not an array")
    return raw


def _date(field: Field, raw: Any) -> str:
    if not isinstance(raw, str) or not _DATE.fullmatch(raw):
        raise ValueError(f"Error parsing date string: {raw}")
    try:
        return date.fromisoformat(raw).isoformat()
    except ValueError as error:
        raise ValueError(f"Error parsing date string: {raw}") from error


def _datetime(field: Field, raw: Any) -> datetime:
    """ISO 8601 with an offset, with or without its colon."""
    try:
        moment = datetime.fromisoformat(raw)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Error parsing time: {raw}") from error
    if moment.tzinfo is None:
        raise ValueError(f"Error parsing time: {raw}")
    return moment


def _number(field: Field, raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise ValueError(f"'{raw}' is an invalid number")
    return float(raw)


def _option(field: Field, raw: Any) -> str:
    if not isinstance(raw, Mapping) or not ({"id", "value"} & set(raw)):
        raise ValueError("Specify a valid 'id' or 'name' for " + field.name)
    for option in field.options:
        if raw.get("id") == option.id or ("id" not in raw and raw.get("value") == option.name):
            return option.id
    wanted = f"id '{raw['id']}'" if "id" in raw else f"value '{raw['value']}'"
    raise ValueError(f"Option {wanted} is not valid")


def _options(field: Field, raw: Any) -> tuple[str, ...] | None:
    return tuple(_option(field, entry) for entry in _array(raw)) or None


def _listed(field: Field, raw: Any, entries: Sequence[Named]) -> str:
    """`{"id": "2"}` or `{"name": "High"}`; ids are strings."""
    if not isinstance(raw, Mapping) or not ({"id", "name"} & set(raw)):
        raise ValueError(f"Specify a valid 'id' or 'name' for {field.name}")
    for entry in entries:
        if raw.get("id") == entry.id or ("id" not in raw and raw.get("name") == entry.name):
            return entry.id
    raise ValueError(f"The {field.name.lower()} selected is invalid.")


def _project(state: State, project: str, raw: Any) -> str:
    for entry in state.projects.values():
        if entry.key in state.hidden or not isinstance(raw, Mapping):
            continue
        if raw.get("key") == entry.key or str(raw.get("id")) == str(entry.id):
            return entry.key
    raise ValueError("valid project is required")


def _user(state: State, project: str, raw: Any) -> str:
    datacenter = state.flavour is Flavour.DATACENTER
    word = "name" if datacenter else "accountId"
    if not isinstance(raw, Mapping) or word not in raw:
        raise ValueError(f"expected an object with '{word}'")
    for account in state.accounts.values():
        if account.key(state.flavour) == raw[word] and account.active:
            return account.id
    raise ValueError(f"User '{raw[word]}' cannot be assigned issues.")


def _versions(state: State, project: str, raw: Any) -> tuple[str, ...] | None:
    known = [entry for entry in state.versions.values() if entry.project == project]
    found: list[str] = []
    for wanted in _array(raw):
        if not isinstance(wanted, Mapping):
            raise ValueError("expected an object with 'id' or 'name'")
        match = [
            entry.id
            for entry in known
            if wanted.get("id") == entry.id
            or ("id" not in wanted and wanted.get("name") == entry.name)
        ]
        if not match:
            raise ValueError(f"Version name '{wanted.get('name', wanted.get('id'))}' is not valid")
        found += match
    return tuple(found) or None


def _sprints(state: State, project: str, raw: Any) -> tuple[int, ...]:
    """Read as a list of sprints, written as one number: a trap of Jira's own."""
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ValueError("Number value expected as the Sprint id.")
    if raw not in state.sprints:
        raise ValueError(f"Sprint with id {raw} does not exist.")
    return (raw,)


def _parent(state: State, project: str, raw: Any) -> int:
    wanted = raw.get("id") or raw.get("key") if isinstance(raw, Mapping) else None
    try:
        return state.seen(str(wanted)).id
    except Refused as refused:
        raise ValueError("Could not find issue by id or key.") from refused


_PLACED: Mapping[Kind, Callable[[State, str, Any], Any]] = {
    Kind.PROJECT: _project,
    Kind.USER: _user,
    Kind.VERSIONS: _versions,
    Kind.SPRINTS: _sprints,
    Kind.PARENT: _parent,
}
_LISTED: Mapping[Kind, Sequence[Named]] = {
    Kind.PRIORITY: catalogue.PRIORITIES,
    Kind.RESOLUTION: catalogue.RESOLUTIONS,
    Kind.TYPE: catalogue.TYPES,
    Kind.SECURITY: catalogue.LEVELS,
}
_PLAIN: Mapping[Kind, Callable[[Field, Any], Any]] = {
    Kind.LABELS: _labels,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.NUMBER: _number,
    Kind.OPTION: _option,
    Kind.OPTIONS: _options,
}
