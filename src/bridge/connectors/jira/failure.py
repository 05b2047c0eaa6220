"""Jira's refusals as our errors: the one place where a status becomes a type."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import httpx
import orjson

from bridge.canonical.text import cut
from bridge.connectors import limits
from bridge.connectors.jira.moment import moment
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    Malformed,
    PermanentError,
    TransientError,
)

MAX_TEXT = 1_000
# What Jira sets when it wants a captcha or knows the account as locked (jira library, exceptions).
LOCKED_OUT = ("x-seraph-loginreason", "x-authentication-denied-reason")
LOCKED_REASONS = ("AUTHENTICATION_DENIED", "AUTHENTICATED_FAILED", "CAPTCHA")
TOO_EARLY = frozenset({408, 409, 425})


class Effect(StrEnum):
    """What a call does, so that a lost answer can be judged.

    read    nothing
    same    the same again changes nothing more
    once    a second one would do it twice
    """

    READ = "read"
    SAME = "same"
    ONCE = "once"


class FieldRefusal(PermanentError):
    """A 400 about fields; `fields` holds Jira's words by field id."""

    def __init__(self, text: str, *, code: str, fields: Mapping[str, str]) -> None:
        super().__init__(text, code=code)
        self.fields = fields


def refusal(response: httpx.Response, *, effect: Effect, now: datetime) -> DeliveryError:
    """The error a status of 300 and more stands for. Its text holds no header and no URL query."""
    status = response.status_code
    code, said = str(status), words(response)
    text = f"jira: {response.request.method} {response.request.url.path}: {status} {said}".strip()
    if status == 429 or status in TOO_EARLY:
        return TransientError(text, code=code, retry_after=retry_after(response.headers, now))
    if status >= 500:
        return _server_error(response, text, effect=effect, now=now)
    if status == 401 or (status == 403 and _locked_out(response)):
        return CredentialError(f"{text}; check email and token of this connection", code=code)
    if 300 <= status < 400:
        return PermanentError(
            f"{text}; Jira redirects: is the url of this connection right?", code=code
        )
    if fields := _field_errors(response):
        return FieldRefusal(text, code=code, fields=fields)
    return PermanentError(text, code=code)


def element_refusals(response: httpx.Response, *, now: datetime) -> dict[int, DeliveryError]:
    """The refused elements of a bulk create by their numbers, from 0, each judged like a call."""
    found = {}
    for one in _list(_json(response).get("errors")):
        number = one.get("failedElementNumber") if isinstance(one, Mapping) else None
        if isinstance(number, int):
            status = one.get("status")
            alone = httpx.Response(
                status if isinstance(status, int) and status >= 400 else 400,
                content=orjson.dumps(one.get("elementErrors") or {}),
                request=response.request,
            )
            found[number] = refusal(alone, effect=Effect.ONCE, now=now)
    return found


def words(response: httpx.Response) -> str:
    """Jira's own words: its messages, then `field: message`; cut."""
    body = _json(response)
    messages = [str(line) for line in _list(body.get("errorMessages"))]
    messages += [f"{field}: {text}" for field, text in _field_errors(response).items()]
    if not messages:  # problem+json, and what gateways answer
        messages = [str(body[name]) for name in ("detail", "title", "message") if body.get(name)][
            :1
        ]
    return cut("; ".join(messages), MAX_TEXT)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait: `Retry-After` as a number or an HTTP date, else `X-RateLimit-Reset`."""
    wait = limits.retry_after(headers, now)
    if wait is not None:
        return wait
    until = _reset(headers.get("x-ratelimit-reset"))
    return None if until is None else max(0.0, (until - now).total_seconds())


def _server_error(
    response: httpx.Response, text: str, *, effect: Effect, now: datetime
) -> DeliveryError:
    """A 503 that names a time was refused at the door; any other may have been worked on."""
    wait = retry_after(response.headers, now)
    code = str(response.status_code)
    turned_away = response.status_code == 503 and "retry-after" in response.headers
    if effect is Effect.ONCE and not turned_away:
        return AmbiguousOutcome(text, code=code)
    return TransientError(text, code=code, retry_after=wait)


def _locked_out(response: httpx.Response) -> bool:
    said = " ".join(response.headers.get(name, "") for name in LOCKED_OUT).upper()
    return any(reason in said for reason in LOCKED_REASONS)


def _field_errors(response: httpx.Response) -> dict[str, str]:
    errors = _json(response).get("errors")
    if not isinstance(errors, Mapping):
        return {}
    return {str(field): str(text) for field, text in errors.items()}


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _reset(said: str | None) -> datetime | None:
    try:
        return moment(said)
    except Malformed:
        return None
