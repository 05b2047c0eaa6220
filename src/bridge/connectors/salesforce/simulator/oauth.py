"""The token endpoint: client credentials and JWT bearer, for one External Client App."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import jwt
import jwt.types

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator.call import Answer
from bridge.connectors.salesforce.simulator.session import Sessions
from bridge.connectors.salesforce.simulator.setup import Setup
from bridge.connectors.salesforce.simulator.vendor import ASSERTION_SECONDS, CLOCK_SKEW_SECONDS

CLIENT_CREDENTIALS = "client_credentials"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")

_SIGNATURE_ONLY: jwt.types.Options = {  # times are checked against the injected clock
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}


class Refused(Exception):
    """An OAuth error: an object, not a list."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.body = {"error": error, "error_description": description}


@dataclass
class App:
    """The External Client App: who may log in as whom. `approved` are pre-authorised usernames."""

    client_id: str
    client_secret: str
    user_id: str
    approved: set[str] = field(default_factory=set)
    public_key: str | None = None  # PEM of the uploaded certificate's key


class OAuth:
    """Answers token requests. `revoke_app()` makes every later login fail."""

    def __init__(self, app: App, sessions: Sessions, *, clock: Clock, setup: Setup) -> None:
        self.app = app
        self._sessions = sessions
        self._clock = clock
        self._org_id = setup.org_id
        self.revoked = False

    def token(self, form: Mapping[str, str], authorization: str, *, base_url: str) -> Answer:
        """`POST /services/oauth2/token`; `base_url` is where this org is served."""
        try:
            self._grant(form, authorization, base_url)
        except Refused as refusal:
            return Answer(status=400, body=refusal.body)
        return Answer(body=self._granted(base_url))

    def _grant(self, form: Mapping[str, str], authorization: str, base_url: str) -> None:
        if self.revoked:
            raise Refused("invalid_grant", "app is blocked by admin")
        match form.get("grant_type"):
            case "client_credentials":
                self._check_client(form, authorization)
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                self._check_assertion(form.get("assertion", ""), base_url)
            case "password":
                raise Refused("invalid_grant", "authentication failure")
            case _:
                raise Refused("unsupported_grant_type", "grant type not supported")

    def _check_client(self, form: Mapping[str, str], authorization: str) -> None:
        client_id, secret = _client(form, authorization)
        if client_id != self.app.client_id:
            raise Refused("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(secret.encode(), self.app.client_secret.encode()):
            raise Refused("invalid_client", "invalid client credentials")

    def _check_assertion(self, assertion: str, base_url: str) -> None:
        claims = self._claims(assertion)
        if claims.get("iss") != self.app.client_id:
            raise Refused("invalid_client_id", "client identifier invalid")
        if claims.get("aud") not in (*LOGIN_HOSTS, base_url):
            raise Refused("invalid_grant", "audience is invalid")
        self._check_expiry(claims.get("exp"))
        if str(claims.get("sub")) not in self.app.approved:
            raise Refused("invalid_grant", "user hasn't approved this consumer")

    def _claims(self, assertion: str) -> dict[str, Any]:
        """Signature first: nothing in an assertion is believed before."""
        if self.app.public_key is None:
            raise Refused("invalid_grant", "invalid assertion")
        try:
            return jwt.decode(
                assertion, self.app.public_key, algorithms=["RS256"], options=_SIGNATURE_ONLY
            )
        except jwt.InvalidTokenError:
            raise Refused("invalid_grant", "invalid assertion") from None

    def _check_expiry(self, expiry: object) -> None:
        now = self._clock.now().timestamp()
        if not isinstance(expiry, int | float) or expiry <= now - CLOCK_SKEW_SECONDS:
            raise Refused("invalid_grant", "expired authorization code")
        if expiry > now + ASSERTION_SECONDS + CLOCK_SKEW_SECONDS:
            raise Refused("invalid_grant", "expiration is too far in the future")

    def _granted(self, base_url: str) -> dict[str, str]:
        """No `expires_in`: how long it lasts is the session timeout's business."""
        identity = f"https://login.salesforce.com/id/{self._org_id}/{self.app.user_id}"
        issued = str(int(self._clock.now().timestamp() * 1000))
        key = self.app.client_secret.encode()
        signature = hmac.new(key, f"{identity}{issued}".encode(), hashlib.sha256).digest()
        return {
            "access_token": self._sessions.open(self.app.user_id),
            "signature": base64.b64encode(signature).decode(),
            "scope": "api",
            "instance_url": base_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
        }


def _client(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    """From the form, else from a Basic header."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused("invalid_client", "invalid client credentials") from None
    return unquote(name), unquote(secret)
