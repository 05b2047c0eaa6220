"""What Jira says about itself: fields, create and edit metadata, lists of values."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.connectors.jira.simulator import catalogue, view
from bridge.connectors.jira.simulator.catalogue import Field, Kind, Named, Project
from bridge.connectors.jira.simulator.state import Issue, State

_PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes"
_SPRINT_PLUGIN = "com.pyxis.greenhopper.jira"
_TYPES: Mapping[Kind, tuple[str, str]] = {  # schema type, and that of the items of an array
    Kind.TEXT: ("string", ""),
    Kind.WIKI: ("string", ""),
    Kind.LABELS: ("array", "string"),
    Kind.PRIORITY: ("priority", ""),
    Kind.RESOLUTION: ("resolution", ""),
    Kind.STATUS: ("status", ""),
    Kind.TYPE: ("issuetype", ""),
    Kind.PROJECT: ("project", ""),
    Kind.USER: ("user", ""),
    Kind.DATE: ("date", ""),
    Kind.DATETIME: ("datetime", ""),
    Kind.MOMENT: ("datetime", ""),
    Kind.NUMBER: ("number", ""),
    Kind.OPTION: ("option", ""),
    Kind.OPTIONS: ("array", "option"),
    Kind.VERSIONS: ("array", "version"),
    Kind.SPRINTS: ("array", "json"),
    Kind.PARENT: ("issuelink", ""),
    Kind.SECURITY: ("securitylevel", ""),
}
_MANY = frozenset({Kind.LABELS, Kind.OPTIONS, Kind.VERSIONS})


def schema(entry: Field) -> dict[str, Any]:
    """`{"type", "items"?, "system"}`, or `custom` and `customId` for a custom field."""
    kind, items = _TYPES[entry.kind]
    shown: dict[str, Any] = {"type": kind} | ({"items": items} if items else {})
    if not entry.custom:
        return {**shown, "system": entry.id}
    plugin = _SPRINT_PLUGIN if entry.kind is Kind.SPRINTS else _PLUGIN
    number = int(entry.id.removeprefix("customfield_"))
    return {**shown, "custom": f"{plugin}:{entry.custom}", "customId": number}


def listed_field(entry: Field) -> dict[str, Any]:
    """One of GET /field."""
    names = [entry.id] if not entry.custom else [f"cf[{entry.id[12:]}]", entry.name]
    return {
        "id": entry.id,
        "key": entry.id,
        "name": entry.name,
        "custom": bool(entry.custom),
        "orderable": not entry.read_only,
        "navigable": True,
        "searchable": True,
        "clauseNames": names,
        "schema": schema(entry),
    }


def field(state: State, name: str, *, project: str, required: bool) -> dict[str, Any]:
    """One of the create, edit or transition metadata."""
    entry = catalogue.FIELDS[name]
    shown: dict[str, Any] = {
        "required": required,
        "schema": schema(entry),
        "name": entry.name,
        "key": entry.id,
        "fieldId": entry.id,
        "hasDefaultValue": entry.id in {"priority", "reporter"},
        "operations": ["add", "set", "remove"] if entry.kind in _MANY else ["set"],
    }
    allowed = _allowed(state, entry, project)
    return shown if allowed is None else {**shown, "allowedValues": allowed}


def create_fields(state: State, project: Project, kind: str) -> list[dict[str, Any]]:
    """What an issue of this type takes in this project."""
    required = {"summary", "project", "issuetype"} | project.required.get(kind, frozenset())
    return [
        field(state, name, project=project.key, required=name in required)
        for name in catalogue.FIELDS
        if name in project.screen
    ]


def edit_fields(state: State, issue: Issue) -> dict[str, Any]:
    """The same for an issue that is there; it cannot change its project."""
    project = state.projects[issue.project]
    kind = view.named(catalogue.TYPES, issue.values["issuetype"]).name
    required = {"summary", "issuetype"} | project.required.get(kind, frozenset())
    return {
        name: field(state, name, project=project.key, required=name in required)
        for name in catalogue.FIELDS
        if name in project.screen - {"project"}
    }


def issue_types(state: State, project: Project) -> list[dict[str, Any]]:
    return [
        view.issue_type(entry.id, state.site)
        for entry in catalogue.TYPES
        if entry.name in project.types
    ]


def named(state: State, kind: str, entries: Sequence[Named]) -> list[dict[str, Any]]:
    """GET /priority and GET /resolution."""
    return [view.listed(kind, entries, entry.id, site=state.site) for entry in entries]


def page(items: Sequence[Any], start: int, *, size: int, word: str) -> dict[str, Any]:
    """`startAt`, `maxResults`, `total` and the items under their word."""
    shown = list(items[start : start + size])
    return {"startAt": start, "maxResults": size, "total": len(items), word: shown}


def _allowed(state: State, entry: Field, project: str) -> list[dict[str, Any]] | None:
    versions = [ident for ident, one in state.versions.items() if one.project == project]
    builds: Mapping[Kind, Callable[[], list[dict[str, Any]]]] = {
        Kind.PRIORITY: lambda: named(state, "priority", catalogue.PRIORITIES),
        Kind.RESOLUTION: lambda: named(state, "resolution", catalogue.RESOLUTIONS),
        Kind.SECURITY: lambda: [view.level(one.id, site=state.site) for one in catalogue.LEVELS],
        Kind.TYPE: lambda: issue_types(state, state.projects[project]),
        Kind.PROJECT: lambda: [view.project(state, project)],
        Kind.OPTION: lambda: [view.option(state, entry, one.id) for one in entry.options],
        Kind.OPTIONS: lambda: [view.option(state, entry, one.id) for one in entry.options],
        Kind.VERSIONS: lambda: [view.version(state, ident) for ident in versions],
    }
    return builds[entry.kind]() if entry.kind in builds else None
