"""REST paths of the admin webhooks: register, list, remove."""

from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import APIRouter, Body

from bridge.connectors.jira.simulator import jql, matching
from bridge.connectors.jira.simulator.answers import Gate, locked, router
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.hooks import Hook
from bridge.connectors.jira.simulator.index import entry_of
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused
from bridge.connectors.jira.simulator.site import Site

PATH = "/rest/webhooks/1.0/webhook"
_ANY = Body(None)
_ISSUES = "issue-related-events-section"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PORTS = {None, 443, 8443, 8080, *range(1880, 1891)}


def hook_routes(gate: Gate) -> APIRouter:
    """Needs the permission to administer Jira."""
    routes = router(gate)
    site = gate.site
    held = locked(site)

    @routes.get(PATH, response_model=None)
    @held
    def listed() -> list[dict[str, Any]]:
        site.permit(site.state.bot, "ADMINISTER")
        return [_shown(site, hook) for hook in site.hooks.hooks.values()]

    @routes.post(PATH, status_code=201, response_model=None)
    @held
    def register(body: Any = _ANY) -> dict[str, Any]:
        site.permit(site.state.bot, "ADMINISTER")
        return _shown(site, add(site, _hook(site, body)))

    @routes.get(f"{PATH}/{{ident}}", response_model=None)
    @held
    def read(ident: int) -> dict[str, Any]:
        return _shown(site, _find(site, ident))

    @routes.delete(f"{PATH}/{{ident}}", status_code=204, response_model=None)
    @held
    def remove(ident: int) -> None:
        site.permit(site.state.bot, "ADMINISTER")
        del site.hooks.hooks[_find(site, ident).id]

    return routes


def add(site: Site, hook: Hook) -> Hook:
    site.hooks.hooks[hook.id] = hook
    return hook


def _find(site: Site, ident: int) -> Hook:
    if ident not in site.hooks.hooks:
        raise Refused(404, f"The webhook with id {ident} does not exist.")
    return site.hooks.hooks[ident]


def _hook(site: Site, body: Any) -> Hook:
    if not isinstance(body, Mapping) or not body.get("name") or not body.get("url"):
        raise Refused(400, BAD_BODY)
    _refuse_url(site, str(body["url"]))
    text = str((body.get("filters") or {}).get(_ISSUES, ""))
    matches = matching.test(site.state, jql.parse(text)) if text else None
    return Hook(
        id=site.state.new_id("hook", start=0),
        name=str(body["name"]),
        url=str(body["url"]),
        events=frozenset(body.get("events") or ()),
        jql=text,
        matches=None if matches is None else lambda issue: matches(entry_of(issue)),
        secret=str(body.get("secret") or ""),
        exclude_body=bool(body.get("excludeBody")),
        enabled=bool(body.get("enabled", True)),
    )


def _refuse_url(site: Site, raw: str) -> None:
    """Cloud wants https and one of few ports; this machine itself is let through, for tests."""
    url = httpx.URL(raw)
    if url.host in _LOOPBACK or site.state.flavour is Flavour.DATACENTER:
        return
    if url.scheme != "https" or url.port not in _PORTS:
        raise Refused(400, "The webhook URL must use https and an allowed port.")


def _shown(site: Site, hook: Hook) -> dict[str, Any]:
    """The secret is never shown again; `isSigned` tells that there is one."""
    return {
        "name": hook.name,
        "url": hook.url,
        "events": sorted(hook.events),
        "filters": {_ISSUES: hook.jql} if hook.jql else {},
        "excludeBody": hook.exclude_body,
        "enabled": hook.enabled,
        "isSigned": bool(hook.secret),
        "self": f"{site.state.site}{PATH}/{hook.id}",
        "lastUpdatedUser": site.state.bot.key(site.state.flavour),
    }
