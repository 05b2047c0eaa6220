"""The vendor library, tamed: for the rare calls that no delivery waits for.

It has no timeout by default, sends a POST again when a connection drops, and sleeps in our
thread. So: no retries, a timeout, and our own HTTP client under its session. It is built for
each use, because a session of it must not be shared between threads.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx
import orjson
import requests
from jira import JIRA, JIRAError

from bridge.clock import Clock
from bridge.connectors.jira.failure import Effect, refusal
from bridge.connectors.jira.rest import token
from bridge.connectors.jira.settings import Flavour, JiraSettings
from bridge.errors import AmbiguousOutcome, TransientError
from bridge.http import Http

TIMEOUT = (5.0, 30.0)
T = TypeVar("T")


class Library:
    """Reads only."""

    def __init__(self, settings: JiraSettings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock

    def server(self) -> Mapping[str, Any]:
        return self._ask(lambda jira: jira.server_info())

    def myself(self) -> Mapping[str, Any]:
        return self._ask(lambda jira: jira.myself())

    def fields(self) -> Sequence[Mapping[str, Any]]:
        return self._ask(lambda jira: jira.fields())

    def permissions(self, project: str | None, names: Sequence[str]) -> Mapping[str, bool]:
        """Cloud wants the names of the permissions asked for."""
        wanted = ",".join(names)
        shown = self._ask(lambda jira: jira.my_permissions(projectKey=project, permissions=wanted))
        held: Mapping[str, Any] = shown.get("permissions", {})
        return {name: bool(held.get(name, {}).get("havePermission")) for name in names}

    def _ask(self, ask: Callable[[JIRA], T]) -> T:
        try:
            return ask(self._jira())
        except JIRAError as error:
            raise refusal(_answer(error), effect=Effect.READ, now=self._clock.now()) from None
        except AmbiguousOutcome as error:
            raise TransientError(str(error)) from error
        except ValueError as error:  # the library reads any 2xx as JSON
            raise TransientError("jira: the answer is not JSON", code="not-json") from error

    def _jira(self) -> JIRA:
        secret = token(self._settings)
        cloud = self._settings.flavour is Flavour.CLOUD and not self._settings.oauth
        jira = JIRA(
            server=self._settings.base,
            basic_auth=(self._settings.email or "", secret) if cloud else None,
            token_auth=None if cloud else secret,
            get_server_info=False,
            max_retries=0,
            timeout=TIMEOUT,
        )
        ours = self._http.session()
        jira._session.trust_env = False  # noqa: SLF001  (the library takes no session)
        for scheme in ("https://", "http://"):
            jira._session.mount(scheme, ours.get_adapter(scheme))  # noqa: SLF001
        return jira


def _answer(error: JIRAError) -> httpx.Response:
    """The library's answer as ours, so that one function judges both."""
    shown = error.response if isinstance(error.response, requests.Response) else None
    return httpx.Response(
        error.status_code or 500,
        headers=dict(shown.headers) if shown is not None else {},
        content=shown.content if shown is not None else orjson.dumps({}),
        request=httpx.Request("GET", error.url or "https://jira.invalid/"),
    )
