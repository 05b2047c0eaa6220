"""Proof that a message comes from our Jira, and the name under which it is known again."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import jwt
import orjson
from jwt.types import Options

from bridge.connectors.contract import Message
from bridge.connectors.jira.settings import JiraSettings
from bridge.errors import Unconfigured, Unverified
from bridge.secret import SecretRef

SIGNATURE = "x-hub-signature"
BEARER = "Bearer "
HS256_BYTES = 32  # RFC 7518, 3.2: a shorter key is none
UNCHECKED: Options = {  # its end is judged by our clock
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}
IDENTIFIER = "x-atlassian-webhook-identifier"
METHODS = {"sha256": hashlib.sha256}  # Atlassian, webhooks guide: read the method, allow-list it


def verify(settings: JiraSettings, message: Message, now: datetime) -> None:
    """Raise Unverified, or Unconfigured where the fault may be ours, unless a proof holds.

    A webhook is signed over its raw body; one of an app may bring a token signed with the app's
    secret instead; an Automation request brings a secret in a header of its own; a Data Center
    webhook may use Basic auth.
    """
    hook = settings.webhook
    if SIGNATURE in message.headers:
        _check_signature(hook.secrets, message)
    elif hook.automation_header.lower() in message.headers:
        said = message.headers[hook.automation_header.lower()]
        _check_any(hook.automation_secrets or hook.secrets, lambda secret: _same(said, secret))
    elif hook.basic is not None and "authorization" in message.headers:
        user, sent = hook.basic.user, message.headers["authorization"]
        _check_any((hook.basic.password,), lambda secret: _same(sent, _basic(user, secret)))
    elif _is_of_app(settings, message):
        token = message.headers["authorization"].removeprefix(BEARER)
        _check_any(hook.secrets, lambda secret: _vouches(token, secret, now))
    elif unproven(settings, message):
        raise Unverified("the message carries no signature and no secret header")
    else:
        raise Unconfigured("no webhook secret is set; set webhook.secrets of this connection")
    _check_age(settings, message, now)


def unproven(settings: JiraSettings, message: Message) -> bool:
    """Neither a signature, nor our header, nor Basic auth where it is set: no secret can fit."""
    hook, headers = settings.webhook, message.headers
    if SIGNATURE in headers or hook.automation_header.lower() in headers:
        return False
    if hook.basic is not None and "authorization" in headers:
        return False
    if _is_of_app(settings, message):
        return False
    return bool(hook.secrets or hook.automation_secrets or hook.basic)


def dedupe_key(settings: JiraSettings, message: Message) -> str:
    """Jira's identifier, the same over its retries; else a hash of the body.

    Data Center and Automation send no identifier.
    """
    identifier = message.headers.get(IDENTIFIER, "").strip()
    if identifier:
        return f"id:{identifier}"
    return f"sha256:{hashlib.sha256(message.body).hexdigest()}"


def credentials(settings: JiraSettings) -> tuple[str, ...]:
    """Automation's header holds the secret itself, and an operator may call it anything."""
    return (settings.webhook.automation_header.lower(),)


def _check_signature(secrets: Iterable[SecretRef], message: Message) -> None:
    method, _, given = message.headers[SIGNATURE].partition("=")
    digest = METHODS.get(method.strip().lower())
    if digest is None:
        raise Unverified(f"signature method is not one of {', '.join(METHODS)}")
    body = message.body
    _check_any(
        secrets,
        lambda secret: _same(given.strip().lower(), hmac.new(secret, body, digest).hexdigest()),
    )


def _check_any(secrets: Iterable[SecretRef], proves: Callable[[bytes], bool]) -> None:
    """A secret of ours that cannot be read may be the right one: that is no 401."""
    unread: list[str] = []
    known = 0
    for secret in secrets:
        known += 1
        try:
            value = secret.reveal().encode()
        except Unconfigured:
            unread.append(str(secret))
            continue
        if proves(value):
            return
    if unread or not known:
        missing = ", ".join(unread) or "none is set; set webhook.secrets of this connection"
        raise Unconfigured(f"no readable webhook secret fits: {missing}")
    raise Unverified("no valid secret matches")


def _same(given: str, expected: str | bytes) -> bool:
    wanted = expected.encode() if isinstance(expected, str) else expected
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted)


def _is_of_app(settings: JiraSettings, message: Message) -> bool:
    return settings.oauth and message.headers.get("authorization", "").startswith(BEARER)


def _vouches(token: str, secret: bytes, now: datetime) -> bool:
    """HS256 with the app's client secret, and not over. It says nothing of the body."""
    if len(secret) < HS256_BYTES:
        return False
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], options=UNCHECKED)
    except jwt.InvalidTokenError:
        return False
    ends = claims.get("exp")
    return not isinstance(ends, int | float) or ends > now.timestamp()


def _basic(user: str, password: bytes) -> str:
    return "Basic " + base64.b64encode(user.encode() + b":" + password).decode("ascii")


def _check_age(settings: JiraSettings, message: Message, now: datetime) -> None:
    limit = settings.webhook.max_age
    sent = _sent_at(message.body) if limit is not None else None
    if limit is not None and sent is not None and now - sent > limit:
        raise Unverified("the message is older than max_age allows")


def _sent_at(body: bytes) -> datetime | None:
    """The `timestamp` in a body, which its signature covers; epoch milliseconds."""
    try:
        value: Any = orjson.loads(body)
        return datetime.fromtimestamp(value["timestamp"] / 1000, UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError):
        return None
