"""The access token: fetched once, shared by all threads, renewed when Salesforce says it is over.

An answer names no lifetime (the org's session timeout, two hours by default), so a 401 is the only
sign. Any number of threads that meet it cause one log-in.
"""

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import orjson
from pydantic import ValidationError

from bridge.canonical.text import cut
from bridge.clock import Clock
from bridge.connectors.salesforce.payloads import TokenAnswer
from bridge.connectors.salesforce.settings import LOOPBACK, ClientCredentials, SalesforceSettings
from bridge.errors import AmbiguousOutcome, CredentialError, TransientError, Unconfigured
from bridge.http import Http

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105  (a path)
ASSERTION_LIFETIME = timedelta(minutes=2)  # Salesforce takes three at most
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SANDBOX = ".sandbox."
_REMEDIES = {
    "invalid_client": "check client_id and client_secret of the External Client App",
    "invalid_client_id": "check client_id of the External Client App",
    "invalid_grant": "check that the app's flow is on, and its Run-As user or pre-authorised user",
    "invalid_app_access": "pre-authorise the user for the app (permission set)",
    "unsupported_grant_type": "log in at the org's My Domain, with the flow switched on in the app",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Token:
    """Where calls go and what admits them. `identity` is a URL that ends /<organization>/<user>."""

    access: str = field(repr=False)
    instance: str
    identity: str = ""


class Tokens:
    """The one token of a connection."""

    def __init__(
        self, connection: str, settings: SalesforceSettings, http: Http, *, clock: Clock
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._http = http
        self._clock = clock
        self._lock: AbstractContextManager[Any] = threading.Lock()
        self._token: Token | None = None
        self._logins = 0
        self._refused: CredentialError | None = None

    def current(self) -> Token:
        """The token we have, or a first one. Raises CredentialError or TransientError."""
        token = self._token
        return token if token is not None else self._renewed(None)

    def renew(self, stale: Token) -> Token:
        """A token other than the one that Salesforce refused: a new one, or another thread's."""
        return self._renewed(stale)

    def _renewed(self, stale: Token | None) -> Token:
        before = self._logins
        with self._lock:
            if self._token is not None and self._token is not stale:
                return self._token
            if self._logins != before and self._refused is not None:
                raise CredentialError(str(self._refused), code=self._refused.code)
            self._token = self._login()
            return self._token

    def _login(self) -> Token:
        self._refused = None
        try:
            return self._token_of(self._asked())
        except CredentialError as error:
            self._refused = error
            raise
        finally:
            self._logins += 1  # at the end: who asked while it went on shares how it ended

    def _asked(self) -> httpx.Response:
        """A log-in whose answer is lost changed nothing of the work that waits for it."""
        try:
            return self._http.request("POST", self._settings.url + TOKEN_PATH, data=self._form())
        except AmbiguousOutcome as error:
            raise TransientError(f"{self._connection}: log-in: no whole answer") from error
        except Unconfigured as error:
            raise CredentialError(f"{self._connection}: log-in: {error}") from error

    def _form(self) -> dict[str, str]:
        auth = self._settings.auth
        if isinstance(auth, ClientCredentials):
            return {
                "grant_type": "client_credentials",
                "client_id": auth.client_id,
                "client_secret": auth.client_secret.reveal(),
            }
        return {"grant_type": JWT_GRANT, "assertion": self._assertion()}

    def _assertion(self) -> str:
        auth = self._settings.auth
        assert not isinstance(auth, ClientCredentials)
        claims = {
            "iss": auth.client_id,
            "sub": auth.username,
            "aud": auth.audience or _audience(self._settings),
            "exp": int((self._clock.now() + ASSERTION_LIFETIME).timestamp()),
        }
        try:
            return jwt.encode(claims, auth.private_key.reveal(), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise CredentialError(
                f"{self._connection}: log-in: private_key is not an RSA key in PEM form"
            ) from None

    def _token_of(self, response: httpx.Response) -> Token:
        status = response.status_code
        if status in {400, 401, 403}:
            raise self._refusal(response)
        if status != 200:
            raise TransientError(f"{self._connection}: log-in: HTTP {status}", code=str(status))
        try:
            answer = TokenAnswer.model_validate(orjson.loads(response.content))
        except (orjson.JSONDecodeError, ValidationError):
            raise TransientError(f"{self._connection}: log-in: no token in the answer") from None
        return Token(
            access=answer.access_token,
            instance=self._instance(answer.instance_url),
            identity=answer.id,
        )

    def _refusal(self, response: httpx.Response) -> CredentialError:
        """OAuth errors are an object, not REST's list."""
        try:
            answer = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            answer = None
        said = answer if isinstance(answer, dict) else {}
        code = str(said.get("error") or response.status_code)
        words = cut(str(said.get("error_description") or ""), 200)
        remedy = _REMEDIES.get(code, "see the README, section Credentials")
        return CredentialError(f"{self._connection}: log-in: {code}: {words}; {remedy}", code=code)

    def _instance(self, url: str) -> str:
        """The origin for all further calls. A foreign one must not be handed our token."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        known = {self._settings.host, *(item.lower() for item in self._settings.allow_hosts)}
        secure = parts.scheme == "https" or host in LOOPBACK
        if host not in known or not secure or "@" in parts.netloc:
            raise CredentialError(
                f"{self._connection}: log-in: instance_url names the host {host!r};"
                " set url to the org's My Domain, or name the host in allow_hosts if it is yours",
                code="instance_url",
            )
        return f"{parts.scheme}://{parts.netloc}"


def _audience(settings: SalesforceSettings) -> str:
    name = "test" if _SANDBOX in settings.host else "login"
    return f"https://{name}.salesforce.com"
