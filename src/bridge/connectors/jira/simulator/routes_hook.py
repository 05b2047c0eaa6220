"""REST paths of webhooks: register, list, remove. Those of an app end, and can be extended."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from fastapi import APIRouter, Body, Request

from bridge.connectors.jira.simulator import jql, matching, view
from bridge.connectors.jira.simulator.answers import Gate, locked, router
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.hooks import Hook
from bridge.connectors.jira.simulator.index import entry_of
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused
from bridge.connectors.jira.simulator.site import Site

PATH = "/rest/webhooks/1.0/webhook"
PATH_DC = "/rest/jira-webhook/1.0/webhooks"  # Data Center 10
APP = "/rest/api/{version}/webhook"
LIFE = timedelta(days=30)
_ANY = Body(None)
_ISSUES = "issue-related-events-section"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PORTS = {None, 443, 8443, 8080, *range(1880, 1891)}
_APPS_ALONE = "Only Connect and OAuth 2.0 apps can use this operation."


def hook_routes(gate: Gate) -> APIRouter:
    """An administrator's need the permission to administer Jira; an app's need an app."""
    routes = router(gate)
    _admin_routes(routes, gate.site)
    if gate.site.state.flavour is Flavour.CLOUD:
        _app_routes(routes, gate.site)
    return routes


def _admin_routes(routes: APIRouter, site: Site) -> None:
    held = locked(site)
    path = PATH if site.state.flavour is Flavour.CLOUD else PATH_DC

    @routes.get(path, response_model=None)
    @held
    def listed() -> list[dict[str, Any]]:
        site.permit(site.state.bot, "ADMINISTER")
        own = [hook for hook in site.hooks.hooks.values() if hook.expires_at is None]
        return [_shown(site, hook) for hook in own]

    @routes.post(path, status_code=201, response_model=None)
    @held
    def register(body: Any = _ANY) -> dict[str, Any]:
        site.permit(site.state.bot, "ADMINISTER")
        return _shown(site, add(site, _hook(site, body)))

    @routes.get(f"{path}/{{ident}}", response_model=None)
    @held
    def read(ident: int) -> dict[str, Any]:
        return _shown(site, _find(site, ident))

    @routes.delete(f"{path}/{{ident}}", status_code=204, response_model=None)
    @held
    def remove(ident: int) -> None:
        site.permit(site.state.bot, "ADMINISTER")
        del site.hooks.hooks[_find(site, ident).id]


def _app_routes(routes: APIRouter, site: Site) -> None:
    held = locked(site)

    @routes.get(APP, response_model=None)
    @held
    def listed(request: Request) -> dict[str, Any]:
        _only_apps(request)
        own = [hook for hook in site.hooks.hooks.values() if hook.expires_at is not None]
        values = [_app_shown(hook) for hook in own]
        return {"isLast": True, "startAt": 0, "total": len(values), "values": values}

    @routes.post(APP, response_model=None)
    @held
    def register(request: Request, body: Any = _ANY) -> dict[str, Any]:
        _only_apps(request)
        _refuse_url(site, str(body["url"]))
        made = [_app_made(site, str(body["url"]), one) for one in body["webhooks"]]
        return {"webhookRegistrationResult": made}

    @routes.put(f"{APP}/refresh", response_model=None)
    @held
    def refresh(request: Request, body: Any = _ANY) -> dict[str, Any]:
        _only_apps(request)
        site.permit(site.state.bot, "REFRESH")
        ends = site.state.now() + LIFE
        for ident in body["webhookIds"]:
            site.hooks.hooks[ident] = replace(site.hooks.hooks[ident], expires_at=ends)
        return {"expirationDate": view.moment(ends)}

    @routes.delete(APP, status_code=202, response_model=None)
    @held
    def remove(request: Request, body: Any = _ANY) -> None:
        _only_apps(request)
        for ident in body["webhookIds"]:
            site.hooks.hooks.pop(ident, None)


def _only_apps(request: Request) -> None:
    if not request.headers.get("authorization", "").startswith("Bearer "):
        raise Refused(403, _APPS_ALONE)


def _app_made(site: Site, url: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One that is refused says so in an answer of 200."""
    if not asked.get("jqlFilter"):
        return {"errors": ["The JQL filter must not be empty."]}
    ident = site.state.new_id("hook", start=10_000)
    matches = matching.test(site.state, jql.parse(str(asked["jqlFilter"])))
    hook = Hook(
        id=ident,
        name="",
        url=url,
        events=frozenset(asked.get("events") or ()),
        jql=str(asked["jqlFilter"]),
        matches=lambda issue: matches(entry_of(issue)),
        secret=site.app_secret,
        expires_at=site.state.now() + LIFE,
    )
    add(site, hook)
    return {"createdWebhookId": ident}


def _app_shown(hook: Hook) -> dict[str, Any]:
    assert hook.expires_at is not None
    return {
        "id": hook.id,
        "url": hook.url,
        "events": sorted(hook.events),
        "jqlFilter": hook.jql,
        "expirationDate": view.moment(hook.expires_at),
    }


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
        id=site.state.new_id("hook", start=1),
        name=str(body["name"]),
        url=str(body["url"]),
        events=frozenset(body.get("events") or ()),
        jql=text,
        matches=None if matches is None else lambda issue: matches(entry_of(issue)),
        **_own_words(site, body),
    )


def _own_words(site: Site, body: Mapping[str, Any]) -> dict[str, Any]:
    """Data Center keeps the secret in `configuration`, and heeds no other."""
    if site.state.flavour is Flavour.DATACENTER:
        told = body.get("configuration") or {}
        return {
            "secret": str(told.get("SECRET") or ""),
            "exclude_body": told.get("EXCLUDE_BODY") == "true",
            "enabled": bool(body.get("active", True)),
        }
    return {
        "secret": str(body.get("secret") or ""),
        "exclude_body": bool(body.get("excludeBody")),
        "enabled": bool(body.get("enabled", True)),
    }


def _refuse_url(site: Site, raw: str) -> None:
    """Cloud wants https and one of few ports; this machine itself is let through, for tests."""
    url = httpx.URL(raw)
    if url.host in _LOOPBACK or site.state.flavour is Flavour.DATACENTER:
        return
    if url.scheme != "https" or url.port not in _PORTS:
        raise Refused(400, "The webhook URL must use https and an allowed port.")


def _shown(site: Site, hook: Hook) -> dict[str, Any]:
    """The secret is never shown again; `isSigned` tells that there is one. Data Center says nothing."""
    if site.state.flavour is Flavour.DATACENTER:
        return {
            "id": hook.id,
            "name": hook.name,
            "url": hook.url,
            "events": sorted(hook.events),
            "filters": {_ISSUES: hook.jql} if hook.jql else {},
            "configuration": {"EXCLUDE_BODY": str(hook.exclude_body).lower()},
            "active": hook.enabled,
            "scopeType": "global",
        }
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
