"""One Jira call: where it goes, as whom, and what its answer means."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import orjson

from bridge.clock import Clock
from bridge.connectors.jira.failure import Effect, element_refusals, refusal
from bridge.connectors.jira.settings import Flavour, JiraSettings
from bridge.errors import AmbiguousOutcome, CredentialError, TransientError, Unconfigured
from bridge.http import Http

# v2 everywhere: texts are wiki markup, as webhooks show them, and Data Center has no v3.
API = "/rest/api/2"
SIGN_IN = "/login.jsp"


class Rest:
    """REST v2 of one site."""

    def __init__(self, settings: JiraSettings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock

    def json(
        self,
        method: str,
        path: str,
        *,
        effect: Effect,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        root: str = API,
    ) -> Any:
        """The answer's JSON. `root`: of the API that the path belongs to.

        Raises the DeliveryErrors of `refusal`. A success that is no JSON leaves open what was
        done (a proxy may have answered).
        """
        response = self.call(method, path, effect=effect, json=json, params=params, root=root)
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            text = f"jira: {method} {path}: {response.status_code}, but the answer is not JSON"
            kind = TransientError if effect is Effect.READ else AmbiguousOutcome
            raise kind(text, code="not-json") from error

    def call(
        self,
        method: str,
        path: str,
        *,
        effect: Effect,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        root: str = API,
    ) -> httpx.Response:
        """Any answer below 300. A read that was cut off is transient: it did nothing."""
        response = self._ask(method, root + path, effect=effect, json=json, params=params)
        if response.status_code >= 300:
            raise refusal(response, effect=effect, now=self._clock.now())
        return response

    @contextmanager
    def file(self, path: str) -> Iterator[httpx.Response]:
        """A file's bytes below this site, to be read in the block; the token goes to this site alone.

        Whom a Data Center does not know it leads to the page where people sign in.
        """
        headers = {"authorization": credentials(self._settings), "accept-encoding": "identity"}
        url = f"{self._settings.base}{path}"
        with self._http.download(url, headers=headers) as response:
            if response.status_code >= 300:
                response.read()
                raise refusal(response, effect=Effect.READ, now=self._clock.now())
            if response.request.url.path.endswith(SIGN_IN):
                raise CredentialError("jira: the token does not open files", code="sign-in")
            yield response

    def send(self, path: str, *, headers: Mapping[str, str], content: Iterator[bytes]) -> Any:
        """Add something that comes piece by piece; what Jira answers."""
        url = f"{self._settings.base}{API}{path}"
        known = {"authorization": credentials(self._settings), "accept": "application/json"}
        response = self._http.request("POST", url, content=content, headers={**known, **headers})
        if response.status_code >= 300:
            raise refusal(response, effect=Effect.ONCE, now=self._clock.now())
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            text = f"jira: POST {path}: {response.status_code}, but the answer is not JSON"
            raise AmbiguousOutcome(text, code="not-json") from error

    def create_many(self, path: str, json: Any, *, count: int) -> list[Any]:
        """What a bulk create answers for each of `count` elements, in order: its JSON or its error.

        Jira lists what it made in order and the others by number: with a 201, or with a 400 where it
        made none. A list that leaves open what became of each is no answer.
        """
        response = self._ask("POST", API + path, effect=Effect.ONCE, json=json, params=None)
        refused = element_refusals(response, now=self._clock.now())
        if response.status_code >= 300 and not (response.status_code == 400 and refused):
            raise refusal(response, effect=Effect.ONCE, now=self._clock.now())
        made = _made(response)
        if len(made) != count - len(refused) or not refused.keys() <= set(range(count)):
            text = f"jira: POST {path}: {response.status_code}, but not an answer for each"
            raise AmbiguousOutcome(text, code="not-json")
        rest = iter(made)
        return [refused.get(number) or next(rest) for number in range(count)]

    def _ask(
        self, method: str, path: str, *, effect: Effect, json: Any, params: Mapping[str, Any] | None
    ) -> httpx.Response:
        url = f"{self._settings.base}{path}"
        headers = {"authorization": credentials(self._settings), "accept": "application/json"}
        try:
            return self._http.request(method, url, json=json, params=params, headers=headers)
        except AmbiguousOutcome as error:
            if effect is not Effect.READ:
                raise
            raise TransientError(str(error)) from error


def _made(response: httpx.Response) -> list[Any]:
    """The new issues of a bulk create's answer; none where it cannot be read."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return []
    issues = body.get("issues") if isinstance(body, Mapping) else None
    return [one for one in issues or () if isinstance(one, Mapping) and {"id", "key"} <= one.keys()]


def token(settings: JiraSettings) -> str:
    """The token, read anew so that a rotated one is taken up. Raises CredentialError."""
    try:
        return settings.token.reveal()
    except Unconfigured as error:
        raise CredentialError(f"jira: {error}", code="no-token") from error


def credentials(settings: JiraSettings) -> str:
    """Cloud: Basic with e-mail and API token. Data Center, or as an app: the token alone."""
    if settings.flavour is Flavour.DATACENTER or settings.oauth:
        return f"Bearer {token(settings)}"
    pair = f"{settings.email}:{token(settings)}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")
