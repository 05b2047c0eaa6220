"""One Jira call: where it goes, as whom, and what its answer means."""

import base64
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from bridge.clock import Clock
from bridge.connectors.jira.failure import Effect, refusal
from bridge.connectors.jira.settings import Flavour, JiraSettings
from bridge.errors import AmbiguousOutcome, CredentialError, TransientError, Unconfigured
from bridge.http import Http

# v2 everywhere: texts are wiki markup, as webhooks show them, and Data Center has no v3.
API = "/rest/api/2"


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
    ) -> Any:
        """The answer's JSON.

        Raises the DeliveryErrors of `refusal`. A success that is no JSON leaves open what was
        done (a proxy may have answered).
        """
        response = self.call(method, path, effect=effect, json=json, params=params)
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
    ) -> httpx.Response:
        """Any answer below 300. A read that was cut off is transient: it did nothing."""
        url = f"{self._settings.base}{API}{path}"
        headers = {"authorization": credentials(self._settings), "accept": "application/json"}
        try:
            response = self._http.request(method, url, json=json, params=params, headers=headers)
        except AmbiguousOutcome as error:
            if effect is not Effect.READ:
                raise
            raise TransientError(str(error)) from error
        if response.status_code >= 300:
            raise refusal(response, effect=effect, now=self._clock.now())
        return response


def token(settings: JiraSettings) -> str:
    """The token, read anew so that a rotated one is taken up. Raises CredentialError."""
    try:
        return settings.token.reveal()
    except Unconfigured as error:
        raise CredentialError(f"jira: {error}", code="no-token") from error


def credentials(settings: JiraSettings) -> str:
    """Cloud: Basic with e-mail and API token. Data Center: a personal access token."""
    if settings.flavour is Flavour.DATACENTER:
        return f"Bearer {token(settings)}"
    pair = f"{settings.email}:{token(settings)}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")
