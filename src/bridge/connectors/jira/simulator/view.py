"""The site's values as Jira shows them: REST bodies, webhook bodies, and change logs."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bridge.connectors.jira.simulator import catalogue, text
from bridge.connectors.jira.simulator.catalogue import Field, Kind, Named
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.state import Attachment, Comment, Issue, State, Worklog

_ZONE = ZoneInfo("Europe/Berlin")  # of the integration's account


def moment(value: datetime | None) -> str | None:
    """`2026-11-23T10:55:30.101+0100`: milliseconds, and an offset without a colon."""
    if value is None:
        return None
    local = value.astimezone(_ZONE)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def issue(
    state: State, found: Issue, *, version: str = "2", only: Collection[str] | None = None
) -> dict[str, Any]:
    """`only` names fields; None means all, comments, links and worklogs included."""
    fields = {
        ident: value(state, field, found.values.get(ident), version=version)
        for ident, field in catalogue.FIELDS.items()
        if only is None or ident in only
    }
    for ident, build in _ATTACHED.items():
        if only is None or ident in only:
            fields[ident] = build(state, found, version)
    return {**bare(state, found, version=version), "fields": fields}


def bare(state: State, found: Issue, *, version: str = "2") -> dict[str, Any]:
    """The three members that every issue object starts with."""
    link = f"{state.site}/rest/api/{version}/issue/{found.id}"
    return {"id": str(found.id), "key": found.key, "self": link}


def value(state: State, field: Field, stored: Any, *, version: str = "2") -> Any:
    """One field. Labels, versions and sprint lists are never null, other empty fields are."""
    if stored is None:
        return [] if field.kind in {Kind.LABELS, Kind.VERSIONS} else None
    if field.kind is Kind.WIKI:
        return text.shown(stored, version)
    build = _VALUES.get(field.kind)
    return stored if build is None else build(state, field, stored)


def comment(state: State, found: Issue, said: Comment, *, version: str = "2") -> dict[str, Any]:
    link = f"{state.site}/rest/api/{version}/issue/{found.id}/comment/{said.id}"
    body: dict[str, Any] = {
        "self": link,
        "id": str(said.id),
        "author": said.author.shown(state.site, state.flavour),
        "body": text.shown(said.body, version),
        "updateAuthor": said.editor.shown(state.site, state.flavour),
        "created": moment(said.created),
        "updated": moment(said.updated),
        "jsdPublic": not said.internal,
    }
    return body | ({"visibility": said.visibility} if said.visibility else {})


def worklog(state: State, found: Issue, log: Worklog) -> dict[str, Any]:
    who = log.author.shown(state.site, state.flavour)
    return {
        "self": f"{state.site}/rest/api/2/issue/{found.id}/worklog/{log.id}",
        "id": str(log.id),
        "issueId": str(found.id),
        "author": who,
        "updateAuthor": who,
        "comment": log.comment,
        "created": moment(log.started),
        "updated": moment(log.started),
        "started": moment(log.started),
        "timeSpent": f"{log.seconds // 60}m",
        "timeSpentSeconds": log.seconds,
    }


def project(state: State, key: str) -> dict[str, Any]:
    entry = state.projects[key]
    return {
        "self": f"{state.site}/rest/api/2/project/{entry.id}",
        "id": str(entry.id),
        "key": entry.key,
        "name": entry.name,
        "projectTypeKey": "software",
        "simplified": False,
    }


def version(state: State, ident: str) -> dict[str, Any]:
    entry = state.versions[ident]
    shown = {
        "self": f"{state.site}/rest/api/2/version/{entry.id}",
        "id": entry.id,
        "name": entry.name,
        "archived": entry.archived,
        "released": entry.released,
    }
    return shown | ({"releaseDate": str(entry.release_date)} if entry.release_date else {})


def sprint(state: State, number: int) -> dict[str, Any]:
    entry = state.sprints[number]
    dates = {"startDate": entry.start, "endDate": entry.end}
    return {
        "id": entry.id,
        "name": entry.name,
        "state": entry.state,
        "boardId": entry.board,
        "goal": entry.goal,
        **{name: at for name, at in dates.items() if at},
    }


def status(ident: str, site: str = "") -> dict[str, Any]:
    entry = next(entry for entry in catalogue.STATUSES if entry.id == ident)
    number, color, name = catalogue.CATEGORIES[entry.category]
    category = {"id": number, "key": entry.category, "colorName": color, "name": name}
    link = f"{site}/rest/api/2/status/{entry.id}"
    return {"self": link, "id": entry.id, "name": entry.name, "statusCategory": category}


def issue_type(ident: str, site: str = "") -> dict[str, Any]:
    link = f"{site}/rest/api/2/issuetype/{ident}"
    name = named(catalogue.TYPES, ident).name
    return {"self": link, "id": ident, "name": name, "subtask": False, "hierarchyLevel": 0}


def named(entries: Collection[Named], ident: str) -> Named:
    return next(entry for entry in entries if entry.id == ident)


def listed(kind: str, entries: Collection[Named], ident: str, *, site: str) -> dict[str, Any]:
    link = f"{site}/rest/api/2/{kind}/{ident}"
    return {"self": link, "id": ident, "name": named(entries, ident).name}


def level(ident: str, *, site: str) -> dict[str, Any]:
    """As in Atlassian's article on setting it by REST: with its description, on both kinds of Jira."""
    entry = next(entry for entry in catalogue.LEVELS if entry.id == ident)
    shown = listed("securitylevel", catalogue.LEVELS, ident, site=site)
    return {**shown, "description": entry.description}


def option(state: State, field: Field, ident: str) -> dict[str, Any]:
    link = f"{state.site}/rest/api/2/customFieldOption/{ident}"
    return {"self": link, "value": named(field.options, ident).name, "id": ident}


def change(state: State, field: Field, before: Any, *, after: Any) -> dict[str, Any]:
    """One item of a change log, in the shape of the webhooks."""
    item: dict[str, Any] = {
        "field": _LOG_NAMES.get(field.id, field.name if field.custom else field.id),
        "fieldtype": "custom" if field.custom else "jira",
        "fieldId": field.id,
    }
    for stored, ident, string in ((before, "from", "fromString"), (after, "to", "toString")):
        item[ident], item[string] = _logged(state, field, stored)
    if field.kind is Kind.USER and not field.custom:
        item |= {"tmpFromAccountId": item["from"], "tmpToAccountId": item["to"]}
    return item


def _logged(state: State, field: Field, stored: Any) -> tuple[str | None, str | None]:
    """Ids and display text; labels are one string with spaces between, and have no ids."""
    if field.kind is Kind.LABELS:
        return None, " ".join(stored or ())
    if stored is None:
        return (None, "") if field.kind in {Kind.SPRINTS, Kind.OPTIONS} else (None, None)
    shown = value(state, field, stored)
    match field.kind:
        case Kind.USER:
            logged = state.accounts[stored].key(state.flavour), shown["displayName"]
        case Kind.VERSIONS | Kind.SPRINTS | Kind.OPTIONS:
            names = [entry.get("name") or entry["value"] for entry in shown]
            logged = ", ".join(str(entry["id"]) for entry in shown), ", ".join(names)
        case Kind.DATE:
            logged = str(shown), f"{shown} 00:00:00.0"
        case Kind.TEXT | Kind.WIKI:
            return None, shown
        case _ if isinstance(shown, dict):
            logged = shown["id"], shown.get("name") or shown.get("value") or shown["key"]
        case _:
            logged = str(shown), str(shown)
    return logged


def _issue_link(state: State, found: Issue, _: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for link in state.links_of(found):
        ident, name, outward, inward = link.type
        away = link.source == found.id
        other = state.issues[link.destination if away else link.source]
        kind = {"id": ident, "name": name, "outward": outward, "inward": inward}
        end = "outwardIssue" if away else "inwardIssue"
        shown.append({"id": str(link.id), "type": kind, end: bare(state, other)})
    return shown


def _comments(state: State, found: Issue, version: str) -> dict[str, Any]:
    said = [comment(state, found, entry, version=version) for entry in found.comments.values()]
    return {"comments": said, "maxResults": len(said), "total": len(said), "startAt": 0}


def _worklogs(state: State, found: Issue, _: str) -> dict[str, Any]:
    logs = [worklog(state, found, entry) for entry in found.worklogs.values()]
    return {"startAt": 0, "maxResults": 20, "total": len(logs), "worklogs": logs}


def attachment(state: State, file: Attachment) -> dict[str, Any]:
    """Cloud's bytes are below REST (REST reference), Data Center's beside it (as its clients find them)."""
    rest = f"{state.site}/rest/api/2/attachment"
    cloud = state.flavour is Flavour.CLOUD
    beside = f"{state.site}/secure/attachment/{file.id}/{quote(file.name)}"
    return {
        "self": f"{rest}/{file.id}",
        "id": str(file.id),
        "filename": file.name,
        "author": file.author.shown(state.site, state.flavour),
        "created": moment(file.created),
        "size": len(file.content),
        "mimeType": file.type,
        "content": f"{rest}/content/{file.id}" if cloud else beside,
    }


def _attachments(state: State, found: Issue, _: str) -> list[dict[str, Any]]:
    return [attachment(state, file) for file in found.attachments.values()]


_ATTACHED: Mapping[str, Callable[[State, Issue, str], Any]] = {
    "attachment": _attachments,
    "comment": _comments,
    "issuelinks": _issue_link,
    "worklog": _worklogs,
}
_LOG_NAMES = {"fixVersions": "Fix Version", "issuetype": "issuetype"}
_VALUES: Mapping[Kind, Callable[[State, Field, Any], Any]] = {
    Kind.LABELS: lambda _, __, labels: list(labels),
    Kind.PRIORITY: lambda s, _, ident: listed("priority", catalogue.PRIORITIES, ident, site=s.site),
    Kind.RESOLUTION: lambda s, _, ident: listed(
        "resolution", catalogue.RESOLUTIONS, ident, site=s.site
    ),
    Kind.SECURITY: lambda s, _, ident: level(ident, site=s.site),
    Kind.STATUS: lambda s, _, ident: status(ident, s.site),
    Kind.TYPE: lambda s, _, ident: issue_type(ident, s.site),
    Kind.PROJECT: lambda s, _, key: project(s, key),
    Kind.USER: lambda s, _, ident: s.accounts[ident].shown(s.site, s.flavour),
    Kind.DATETIME: lambda _, __, at: moment(at),
    Kind.MOMENT: lambda _, __, at: moment(at),
    Kind.OPTION: option,
    Kind.OPTIONS: lambda s, field, ids: [option(s, field, ident) for ident in ids],
    Kind.VERSIONS: lambda s, _, ids: [version(s, ident) for ident in ids],
    Kind.SPRINTS: lambda s, _, ids: [sprint(s, ident) for ident in ids],
    Kind.PARENT: lambda s, _, ident: {"id": str(ident), "key": s.issues[ident].key},
}
