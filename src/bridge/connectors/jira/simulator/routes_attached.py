"""REST paths for what hangs on an issue: comments, remote links, properties."""

from typing import Any

from fastapi import APIRouter, Body, Response

from bridge.connectors.jira.simulator import comments, metadata, remote_links, view, webhooks
from bridge.connectors.jira.simulator.answers import Gate, api, locked, router, write
from bridge.connectors.jira.simulator.drafts import refuse_large
from bridge.connectors.jira.simulator.limits import COMMENT_PAGE
from bridge.connectors.jira.simulator.refusal import Refused
from bridge.connectors.jira.simulator.routes_issue import Held
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Comment, Issue

_ANY = Body(None)


def attached_routes(gate: Gate) -> APIRouter:
    """Everything below `/issue/{key}/` but the transitions."""
    routes = router(gate)
    prefix = "/rest/api/{version}/issue/{key}"
    site = gate.site
    for add in (_comments, _one_comment, _comment_properties, _links, _one_link, _properties):
        add(site, routes, prefix, held=locked(site))
    return routes


def _comment(site: Site, issue: Issue, said: Comment, *, version: str, expand: str) -> Any:
    shown = view.comment(site.state, issue, said, version=api(version))
    if "properties" in expand.split(","):
        shown["properties"] = [{"key": k, "value": v} for k, v in said.properties.items()]
    return shown


def _comments(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.get(f"{prefix}/comment", response_model=None)
    @held
    def listed(
        *,
        version: str,
        key: str,
        startAt: int = 0,  # noqa: N803
        maxResults: int = COMMENT_PAGE,  # noqa: N803
        orderBy: str = "created",  # noqa: N803
        expand: str = "",
    ) -> dict[str, Any]:
        issue = site.state.seen(key)
        said = list(issue.comments.values())
        if orderBy == "-created":
            said.reverse()
        shown = [_comment(site, issue, one, version=version, expand=expand) for one in said]
        return metadata.page(shown, startAt, size=min(maxResults, 5_000), word="comments")

    @routes.post(f"{prefix}/comment", status_code=201, response_model=None)
    @held
    def add(version: str, key: str, body: Any = _ANY, expand: str = "") -> Any:
        issue = write(site, key)
        said = comments.add(site, issue, body, actor=site.state.bot, version=api(version))
        return _comment(site, issue, said, version=version, expand=expand)


def _one_comment(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    path = f"{prefix}/comment/{{ident}}"

    @routes.get(path, response_model=None)
    @held
    def read(version: str, key: str, ident: str, expand: str = "") -> Any:
        issue = site.state.seen(key)
        return _comment(site, issue, comments.find(issue, ident), version=version, expand=expand)

    @routes.put(path, response_model=None)
    @held
    def edit(version: str, key: str, ident: str, body: Any = _ANY) -> Any:
        issue = write(site, key)
        said = comments.find(issue, ident)
        comments.edit(site, issue, said, raw=body, actor=site.state.bot, version=api(version))
        return _comment(site, issue, said, version=version, expand="")

    @routes.delete(path, status_code=204, response_model=None)
    @held
    def delete(version: str, key: str, ident: str) -> None:
        issue = write(site, key)
        comments.delete(site, issue, comments.find(issue, ident), actor=site.state.bot)


def _comment_properties(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    """The real paths have no issue in them: comment ids are unique on a site."""
    path = "/rest/api/{version}/comment/{ident}/properties"

    def found(ident: str) -> Comment:
        for issue in site.state.issues.values():
            if ident.isdecimal() and int(ident) in issue.comments:
                return issue.comments[int(ident)]
        raise Refused(404, f"Can not find a comment for the id: {ident}.")

    @routes.get(f"{path}/{{name}}", response_model=None)
    @held
    def read(version: str, ident: str, name: str) -> Any:
        return _property(found(ident).properties, name)

    @routes.put(f"{path}/{{name}}", response_model=None)
    @held
    def put(version: str, ident: str, name: str, response: Response, body: Any = _ANY) -> None:
        _put(found(ident).properties, name, body, response=response)


def _links(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    path = f"{prefix}/remotelink"

    @routes.get(path, response_model=None)
    @held
    def listed(version: str, key: str, globalId: str = "") -> Any:  # noqa: N803
        issue = site.state.seen(key)
        if globalId:
            return remote_links.shown(site, issue, remote_links.by_global_id(issue, globalId))
        return [remote_links.shown(site, issue, ident) for ident in issue.remote_links]

    @routes.post(path, response_model=None)
    @held
    def upsert(version: str, key: str, response: Response, body: Any = _ANY) -> dict[str, Any]:
        issue = write(site, key)
        ident, new = remote_links.upsert(site, issue, body, actor=site.state.bot)
        response.status_code = 201 if new else 200
        shown = remote_links.shown(site, issue, ident)
        return {"id": ident, "self": shown["self"]}

    @routes.delete(path, status_code=204, response_model=None)
    @held
    def delete(version: str, key: str, globalId: str) -> None:  # noqa: N803
        issue = write(site, key)
        del issue.remote_links[remote_links.by_global_id(issue, globalId)]


def _one_link(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    path = f"{prefix}/remotelink/{{ident}}"

    @routes.get(path, response_model=None)
    @held
    def read(version: str, key: str, ident: str) -> dict[str, Any]:
        issue = site.state.seen(key)
        return remote_links.shown(site, issue, remote_links.find(issue, ident))

    @routes.delete(path, status_code=204, response_model=None)
    @held
    def delete(version: str, key: str, ident: str) -> None:
        issue = write(site, key)
        del issue.remote_links[remote_links.find(issue, ident)]


def _properties(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    path = f"{prefix}/properties"

    @routes.get(path, response_model=None)
    @held
    def listed(version: str, key: str) -> dict[str, Any]:
        names = site.state.seen(key).properties
        return {"keys": [{"key": name} for name in names]}

    @routes.get(f"{path}/{{name}}", response_model=None)
    @held
    def read(version: str, key: str, name: str) -> dict[str, Any]:
        return _property(site.state.seen(key).properties, name)

    @routes.put(f"{path}/{{name}}", response_model=None)
    @held
    def put(version: str, key: str, name: str, response: Response, body: Any = _ANY) -> None:
        issue = write(site, key)
        _put(issue.properties, name, body, response=response)
        told = webhooks.of_property(site.state, issue, "issue_property_set", key=name, value=body)
        site.hooks.tell("issue_property_set", told, actor=site.state.bot, issue=issue)


def _property(properties: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in properties:
        raise Refused(404, f"The property with key {name} does not exist.")
    return {"key": name, "value": properties[name]}


def _put(properties: dict[str, Any], name: str, value: Any, *, response: Response) -> None:
    """200 for an update, 201 for a new one; no body."""
    refuse_large(value)
    response.status_code = 200 if name in properties else 201
    properties[name] = value
