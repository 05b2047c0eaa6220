"""A body of a create or an edit, read and checked before anything happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.connectors.jira.simulator import catalogue, text
from bridge.connectors.jira.simulator.catalogue import Field, Kind, Project
from bridge.connectors.jira.simulator.limits import PROPERTY_MAX
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused, not_on_screen
from bridge.connectors.jira.simulator.state import Issue, State
from bridge.connectors.jira.simulator.values import taken

_MEMBERS = frozenset({"fields", "update", "properties", "transition", "historyMetadata"})
_MANY = frozenset({Kind.LABELS, Kind.VERSIONS, Kind.OPTIONS})


@dataclass(frozen=True, kw_only=True)
class Draft:
    """`values` in the site's own form; `comments` as wiki markup."""

    values: Mapping[str, Any]
    comments: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)


def new_issue(state: State, body: Any, *, version: str) -> tuple[Project, Draft]:
    """A create. Raises Refused 400 with all that is wrong at once."""
    fields = _fields(body)
    project, kind = _place(state, fields)
    allowed = project.screen
    before = Issue(id=0, key="", values={"project": project.key})
    draft = _draft(state, body, before, version=version, allowed=allowed)
    values = {"priority": catalogue.DEFAULT_PRIORITY, **draft.values, "issuetype": kind}
    missing = {"summary"} | project.required.get(_type_name(kind), frozenset())
    errors = {name: _missing(name) for name in missing if values.get(name) is None}
    if errors:
        raise Refused(400, errors=errors)
    return project, Draft(values=values, comments=draft.comments, properties=draft.properties)


def changes(state: State, issue: Issue, body: Any, *, version: str) -> Draft:
    """An edit: one refused field refuses the whole."""
    project = state.projects[issue.project]
    allowed = project.screen - {"project"}
    draft = _draft(state, body, issue, version=version, allowed=allowed)
    kind = draft.values.get("issuetype")
    if kind is not None and _type_name(kind) not in project.types:
        raise Refused(400, errors={"issuetype": "The issue type selected is invalid."})
    required = project.required.get(_type_name(issue.values["issuetype"]), frozenset())
    errors = {
        name: _missing(name) for name in required & set(draft.values) if not draft.values[name]
    }
    if errors:
        raise Refused(400, errors=errors)
    return draft


def on_transition(
    state: State, issue: Issue, body: Any, *, version: str, screen: frozenset[str]
) -> Draft:
    """The fields of a transition's screen."""
    return _draft(state, body, issue, version=version, allowed=screen)


def _fields(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping) or not set(body) <= _MEMBERS:
        raise Refused(400, BAD_BODY)
    fields = body.get("fields", {})
    if not isinstance(fields, Mapping) or not isinstance(body.get("update") or {}, Mapping):
        raise Refused(400, BAD_BODY)
    return fields


def _place(state: State, fields: Mapping[str, Any]) -> tuple[Project, str]:
    try:
        key = taken(
            state, catalogue.FIELDS["project"], fields.get("project"), version="2", project=""
        )
    except ValueError as error:
        raise Refused(400, errors={"project": "valid project is required"}) from error
    project = state.projects[key]
    try:
        kind = taken(
            state, catalogue.FIELDS["issuetype"], fields.get("issuetype"), version="2", project=key
        )
    except ValueError as error:
        raise Refused(400, errors={"issuetype": "Specify a valid issue type"}) from error
    if _type_name(kind) not in project.types:
        raise Refused(400, errors={"issuetype": "The issue type selected is invalid."})
    return project, kind


def _type_name(ident: str) -> str:
    return next(entry.name for entry in catalogue.TYPES if entry.id == ident)


def _missing(name: str) -> str:
    if name == "summary":
        return "You must specify a summary of the issue."
    return f"{catalogue.FIELDS[name].name} is required."


def _draft(
    state: State, body: Any, issue: Issue, *, version: str, allowed: frozenset[str]
) -> Draft:
    fields, update = _fields(body), dict(body.get("update") or {})
    errors: dict[str, str] = {}
    values: dict[str, Any] = {}
    comments = _comments(update.pop("comment", []), version, errors=errors)
    for name in {**fields, **update}:
        try:
            known = _known(name, allowed)
            raw = _raw(state, issue, known, fields=fields, update=update)
            values[name] = taken(state, known, raw, version=version, project=issue.project)
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise Refused(400, errors=errors)
    return Draft(values=values, comments=comments, properties=_properties(body))


def _known(name: str, allowed: frozenset[str]) -> Field:
    field = catalogue.FIELDS.get(name)
    if field is None or field.read_only or name not in allowed:
        raise ValueError(not_on_screen(name))
    return field


def _raw(
    state: State,
    issue: Issue,
    field: Field,
    *,
    fields: Mapping[str, Any],
    update: Mapping[str, Any],
) -> Any:
    if field.id in fields and field.id in update:
        raise ValueError(f"Field '{field.id}' cannot appear in both 'fields' and 'update'")
    if field.id in fields:
        return fields[field.id]
    return _operated(issue, field, update[field.id])


def _operated(issue: Issue, field: Field, operations: Any) -> Any:
    """`[{"add": x}, {"remove": y}]` on what is there now, in the shape that callers send."""
    if not isinstance(operations, list):
        raise ValueError("data was not an array")
    current = (
        [_sent(field, entry) for entry in issue.values.get(field.id) or ()]
        if field.kind in _MANY
        else None
    )
    for operation in operations:
        if not isinstance(operation, Mapping) or len(operation) != 1:
            raise ValueError("Operation must be an object with one member")
        ((verb, raw),) = operation.items()
        if verb == "set":
            current = raw
        elif verb in {"add", "remove"} and isinstance(current, list):
            current = [entry for entry in current if entry != raw] + (
                [raw] if verb == "add" else []
            )
        else:
            raise ValueError(f"Operation '{verb}' is not supported for the field '{field.id}'")
    return current


def _sent(field: Field, stored: Any) -> Any:
    return stored if field.kind is Kind.LABELS else {"id": stored}


def _comments(operations: Any, version: str, *, errors: dict[str, str]) -> tuple[str, ...]:
    said: list[str] = []
    for operation in operations if isinstance(operations, list) else [None]:
        added = operation.get("add") if isinstance(operation, Mapping) else None
        if not isinstance(added, Mapping):
            errors["comment"] = "Operation must be 'add' with a 'body'"
            continue
        try:
            said.append(text.wiki(added.get("body"), version))
        except ValueError as error:
            errors["comment"] = str(error)
    return tuple(said)


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    """`[{"key": ..., "value": ...}]`, set in the same request as the issue."""
    entries = body.get("properties") or []
    if not isinstance(entries, list):
        raise Refused(400, BAD_BODY)
    found: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not {"key", "value"} <= set(entry):
            raise Refused(400, BAD_BODY)
        found[str(entry["key"])] = entry["value"]
        refuse_large(entry["value"])
    return found


def refuse_large(value: Any) -> None:
    """Raises Refused 400 for a property above its maximum."""
    if len(str(value)) > PROPERTY_MAX:
        raise Refused(
            400, f"The property value is too long. The limit is {PROPERTY_MAX} characters."
        )
