"""REST paths that make, read and change one issue."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Body, Response

from bridge.connectors.jira.simulator import issues, metadata, transitions, view
from bridge.connectors.jira.simulator.answers import Gate, api, locked, router, write
from bridge.connectors.jira.simulator.limits import BULK_CREATE_MAX, BULK_FETCH_MAX
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused
from bridge.connectors.jira.simulator.search import chosen, trimmed
from bridge.connectors.jira.simulator.site import Site

_ANY = Body(None)


def issue_routes(gate: Gate) -> APIRouter:
    """Create (single and bulk), read (single and bulk), edit, delete, transitions."""
    routes = router(gate)
    prefix = "/rest/api/{version}/issue"
    site = gate.site
    for add in (_create, _bulk, _bulkfetch, _read, _edit, _delete, _changelog, _transitions):
        add(site, routes, prefix, held=locked(site))
    return routes


Held = Callable[[Callable[..., Any]], Callable[..., Any]]


def make(site: Site, body: Any, version: str) -> dict[str, Any]:
    """One create: the fields, then the transition that came with them."""
    fields = body.get("fields") if isinstance(body, dict) else None
    project = fields.get("project", {}) if isinstance(fields, dict) else {}
    key = project.get("key") if isinstance(project, dict) else None
    if key in site.state.projects:
        transitions.check(site, body, project=key, actor=site.state.bot)
    rest = {name: value for name, value in body.items() if name != "transition"}
    made = issues.create(site, rest, actor=site.state.bot, version=version)
    if body.get("transition"):
        asked = {"transition": body["transition"]}
        transitions.go(site, made, asked, actor=site.state.bot, version=version)
    return view.bare(site.state, made, version=version)


def _create(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.post(prefix, status_code=201, response_model=None)
    @held
    def create(version: str, body: Any = _ANY) -> dict[str, Any]:
        if not isinstance(body, dict):
            raise Refused(400, BAD_BODY)
        return make(site, body, api(version))


def _bulk(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.post(f"{prefix}/bulk", status_code=201, response_model=None)
    @held
    def bulk(version: str, response: Response, body: Any = _ANY) -> dict[str, Any]:
        updates = body.get("issueUpdates") if isinstance(body, dict) else None
        if not isinstance(updates, list) or not 0 < len(updates) <= BULK_CREATE_MAX:
            raise Refused(400, f"Between 1 and {BULK_CREATE_MAX} issues can be created at once.")
        answer: dict[str, list[Any]] = {"issues": [], "errors": []}
        for number, update in enumerate(updates):
            try:
                if not isinstance(update, dict):
                    raise Refused(400, BAD_BODY)  # noqa: TRY301
                answer["issues"].append(make(site, update, api(version)))
            except Refused as refused:
                failed = {"status": refused.status, "elementErrors": refused.body()}
                answer["errors"].append({**failed, "failedElementNumber": number})
        response.status_code = 201 if answer["issues"] else 400
        return answer


def _bulkfetch(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.post(f"{prefix}/bulkfetch", response_model=None)
    @held
    def bulkfetch(version: str, body: Any = _ANY) -> dict[str, Any]:
        wanted = body.get("issueIdsOrKeys") if isinstance(body, dict) else None
        if not isinstance(wanted, list) or not 0 < len(wanted) <= BULK_FETCH_MAX:
            raise Refused(400, f"Between 1 and {BULK_FETCH_MAX} issues can be fetched at once.")
        only = chosen(body.get("fields"), default=("*navigable",))
        found: dict[int, dict[str, Any]] = {}
        for one in wanted:
            try:
                issue = site.state.seen(str(one))
            except Refused:
                continue  # missing and unseen issues are left out silently
            found[issue.id] = trimmed(
                site, issue, only, version=api(version), properties=body.get("properties") or ()
            )
        return {"expand": "", "issues": list(found.values()), "issueErrors": []}


def _read(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.get(f"{prefix}/{{key}}", response_model=None)
    @held
    def read(
        version: str, key: str, fields: str = "", expand: str = "", properties: str = ""
    ) -> dict[str, Any]:
        issue = site.state.seen(key)
        only = chosen(fields, default=("*all",))
        asked = [name for name in properties.split(",") if name]
        shown = trimmed(site, issue, only, version=api(version), properties=asked)
        if only == {"id"}:
            shown = {**view.bare(site.state, issue, version=api(version)), "fields": {}}
        if "changelog" in expand.split(","):
            total = len(issue.histories)
            page = {"startAt": 0, "maxResults": total, "total": total}
            shown["changelog"] = {**page, "histories": issue.histories[::-1]}
        return shown

    @routes.get(f"{prefix}/{{key}}/editmeta", response_model=None)
    @held
    def editmeta(version: str, key: str) -> dict[str, Any]:
        return {"fields": metadata.edit_fields(site.state, site.state.seen(key))}


def _edit(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.put(f"{prefix}/{{key}}", status_code=204, response_model=None)
    @held
    def edit(
        *,
        version: str,
        key: str,
        response: Response,
        body: Any = _ANY,
        notifyUsers: str = "true",  # noqa: N803
        returnIssue: str = "false",  # noqa: N803
    ) -> Any:
        issue = write(site, key)
        if not isinstance(body, dict):
            raise Refused(400, BAD_BODY)
        if notifyUsers == "false":
            site.permit(site.state.bot, "ADMINISTER_PROJECTS")
        rest = {name: value for name, value in body.items() if name != "transition"}
        issues.edit(site, issue, rest, actor=site.state.bot, version=api(version))
        if returnIssue == "true":
            response.status_code = 200
            return view.issue(site.state, issue, version=api(version))
        return None


def _delete(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.delete(f"{prefix}/{{key}}", status_code=204, response_model=None)
    @held
    def delete(version: str, key: str) -> None:
        issues.delete(site, write(site, key), actor=site.state.bot)


def _changelog(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.get(f"{prefix}/{{key}}/changelog", response_model=None)
    @held
    def changelog(version: str, key: str, startAt: int = 0, maxResults: int = 100) -> Any:  # noqa: N803
        histories = site.state.seen(key).histories
        page = metadata.page(histories, startAt, size=min(maxResults, 100), word="values")
        return {**page, "isLast": startAt + len(page["values"]) >= len(histories)}


def _transitions(site: Site, routes: APIRouter, prefix: str, *, held: Held) -> None:
    @routes.get(f"{prefix}/{{key}}/transitions", response_model=None)
    @held
    def ways(version: str, key: str, expand: str = "") -> dict[str, Any]:
        issue = site.state.seen(key)
        found = transitions.available(site, issue, actor=site.state.bot)
        if "transitions.fields" in expand.split(","):
            return transitions.shown_with_fields(site.state, issue, found)
        return transitions.shown(site.state, found)

    @routes.post(f"{prefix}/{{key}}/transitions", status_code=204, response_model=None)
    @held
    def go(version: str, key: str, body: Any = _ANY) -> None:
        issue = write(site, key)
        transitions.go(site, issue, body, actor=site.state.bot, version=api(version))
