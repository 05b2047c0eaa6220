"""Where webhooks of a Jira site are listed, registered and removed.

Cloud has two kinds: those of an administrator, and those of an app, which end after 30 days and are
for apps alone (Atlassian, webhooks guide; REST reference, webhooks). Data Center 10 moved its list
to a path of its own, where a secret is a part of `configuration`: one beside it is silently left out
(public clients of both, n8n and jira.js among them).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from bridge.connectors.jira.failure import Effect
from bridge.connectors.jira.library import Library
from bridge.connectors.jira.moment import moment
from bridge.connectors.jira.rest import API, Rest
from bridge.connectors.jira.settings import Flavour, JiraSettings
from bridge.connectors.registration import Declared, Found
from bridge.errors import PermanentError, Unconfigured

ADMIN = "/rest/webhooks/1.0"
ADMIN_DC = "/rest/jira-webhook/1.0"  # from Data Center 10 on
MOVED_AT = 10
ISSUES = "issue-related-events-section"
PAGE = 100

Json = Mapping[str, Any]


class Desk:
    """The webhooks of one site."""

    def __init__(self, settings: JiraSettings, rest: Rest, library: Library) -> None:
        self._settings, self._rest, self._library = settings, rest, library

    def found(self) -> Sequence[Found]:
        """All that we may see, of the kinds that are declared."""
        kinds = {one.dynamic for one in self._settings.webhook.registered}
        return [*(self._admin() if False in kinds else ()), *(self._app() if True in kinds else ())]

    def register(self, declared: Declared) -> None:
        if declared.expires:
            self._register_app(declared)
            return
        root, path = self._place()
        body: dict[str, Any] = {
            "name": declared.name,
            "url": declared.url,
            "events": sorted(declared.events),
            "filters": {ISSUES: declared.filter} if declared.filter else {},
        }
        if root == ADMIN:
            body |= {"excludeBody": False, "secret": self._secret()}
        else:
            body |= {"configuration": {"SECRET": self._secret(), "EXCLUDE_BODY": "false"}}
            body |= {"active": True}
        self._rest.json("POST", path, effect=Effect.ONCE, json=body, root=root)

    def remove(self, found: Found) -> None:
        if found.expires:
            body = {"webhookIds": [int(found.id)]}
            self._rest.call("DELETE", "/webhook", effect=Effect.SAME, json=body)
            return
        root, path = self._place()
        self._rest.call("DELETE", f"{path}/{found.id}", effect=Effect.SAME, root=root)

    def renew(self, found: Found) -> None:
        """For 30 days more."""
        body = {"webhookIds": [int(found.id)]}
        self._rest.call("PUT", "/webhook/refresh", effect=Effect.SAME, json=body)

    def _place(self) -> tuple[str, str]:
        if self._settings.flavour is Flavour.CLOUD:
            return ADMIN, "/webhook"
        numbers = self._library.server().get("versionNumbers") or (0,)
        return (ADMIN_DC, "/webhooks") if numbers[0] >= MOVED_AT else (ADMIN, "/webhook")

    def _admin(self) -> Sequence[Found]:
        root, path = self._place()
        listed = self._rest.json("GET", path, effect=Effect.READ, root=root)
        return [_admin_hook(one) for one in listed]

    def _app(self) -> Sequence[Found]:
        rows: list[Json] = []
        while True:
            asked = {"startAt": len(rows), "maxResults": PAGE}
            page: Json = self._rest.json("GET", "/webhook", effect=Effect.READ, params=asked)
            some = page.get("values", ())
            rows += some
            if not some or page.get("isLast", True):
                return [_app_hook(one) for one in rows]

    def _register_app(self, declared: Declared) -> None:
        """Jira answers 200 and names what it refuses inside."""
        hook = {"events": sorted(declared.events), "jqlFilter": declared.filter}
        body = {"url": declared.url, "webhooks": [hook]}
        answer: Json = self._rest.json("POST", "/webhook", effect=Effect.ONCE, json=body)
        for one in answer.get("webhookRegistrationResult", ()):
            if one.get("errors"):
                said = "; ".join(map(str, one["errors"]))
                raise PermanentError(f"jira: POST {API}/webhook: {said}", code="refused")

    def _secret(self) -> str:
        """Of several valid ones the first: the one that stays when a secret is changed."""
        secrets = self._settings.webhook.secrets
        if not secrets:
            raise Unconfigured("no webhook secret is set; set webhook.secrets of this connection")
        return secrets[0].reveal()


def declared(settings: JiraSettings) -> Sequence[Declared]:
    """What `webhook.registered` says."""
    return [
        Declared(
            name=one.name,
            url=one.url,
            events=frozenset(one.events),
            filter=one.jql,
            expires=one.dynamic,
        )
        for one in settings.webhook.registered
    ]


def _admin_hook(shown: Json) -> Found:
    told = shown.get("configuration") or {}
    excluded = shown.get("excludeBody", told.get("EXCLUDE_BODY"))
    signed = shown.get("isSigned", bool(told["SECRET"]) if "SECRET" in told else None)
    return Found(
        id=str(shown.get("id") or str(shown.get("self", "")).rpartition("/")[2]),
        name=str(shown.get("name", "")),
        url=str(shown.get("url", "")),
        events=frozenset(map(str, shown.get("events") or ())),
        filter=_filter(shown, told),
        enabled=shown.get("enabled", shown.get("active")),
        signed=signed,
        bodies=None if excluded is None else str(excluded).lower() != "true",
    )


def _filter(shown: Json, told: Json) -> str | None:
    filters = shown.get("filters")
    if filters is None and isinstance(told.get("FILTERS"), str):
        filters = orjson.loads(told["FILTERS"])
    return None if filters is None else str(filters.get(ISSUES) or "")


def _app_hook(shown: Json) -> Found:
    ends = shown.get("expirationDate")
    return Found(
        id=str(shown["id"]),
        url=str(shown.get("url", "")),
        events=frozenset(map(str, shown.get("events") or ())),
        filter=str(shown.get("jqlFilter") or ""),
        expires=True,
        expires_at=_moment(ends),
    )


def _moment(said: Any) -> datetime | None:
    """The documentation shows text, its models a number: milliseconds."""
    if isinstance(said, int):
        return datetime.fromtimestamp(said / 1000, UTC)
    return moment(said) if isinstance(said, str) else None
