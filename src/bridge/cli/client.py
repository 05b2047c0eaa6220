"""The API as the command line calls it: `BRIDGE_URL` and `BRIDGE_KEY` say where and as whom."""

import os
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import orjson

from bridge.errors import AmbiguousOutcome, BridgeError, SettingError, TransientError
from bridge.http import Http

DEFAULT_PORT = "8080"
PAGE = 200  # what the API gives at once, at most
OK = 300


class Unreached(BridgeError):
    """No server answered where one was expected."""


class Api:
    """One server, as one principal."""

    def __init__(self, *, deadline: float = 30.0) -> None:
        port = os.environ.get("BRIDGE_PORT") or DEFAULT_PORT
        self._url = (os.environ.get("BRIDGE_URL") or f"http://127.0.0.1:{port}").rstrip("/")
        parts = urlsplit(self._url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingError(
                f"BRIDGE_URL: {self._url!r} is no URL; use https://bridge.example.com"
            )
        key = os.environ.get("BRIDGE_KEY", "")
        if not key:
            raise SettingError("BRIDGE_KEY is not set; make a key with: bridge keys create NAME")
        self._headers = {"authorization": f"Bearer {key}"}
        self._hosts = frozenset({parts.hostname})
        self._deadline = deadline

    def at(self, path: str) -> str:
        """A page of this server as somebody may open it."""
        return f"{self._url}{path}"

    def read(self, path: str, **query: Any) -> Any:
        """GET; the answer's JSON. Filters without a value are left out."""
        params = {name: value for name, value in query.items() if value not in (None, (), [])}
        return _json(self._call("GET", path, params=params))

    def pages(self, path: str, *, limit: int, **query: Any) -> tuple[list[Any], str | None]:
        """The first `limit` of a list, page after page; and where it goes on, if it does."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            size = min(PAGE, limit - len(found))
            page = self.read(path, limit=size, cursor=cursor, **query)
            found, cursor = [*found, *page["items"]], page["next"]
            if cursor is None or len(found) >= limit:
                return found, cursor

    def ask(self, path: str, body: Any) -> Any:
        """POST of a question, which changes nothing; the answer's JSON."""
        return _json(self._call("POST", path, json=body))

    def lines(self, path: str, body: Any) -> Iterator[dict[str, Any]]:
        """POST of a question that is answered line by line."""
        http = Http("bridge", allow_hosts=self._hosts, deadline=self._deadline)
        url = f"{self._url}/api/v1{path}"
        try:
            with http.streamed("POST", url, json=body, headers=self._headers) as answer:
                if answer.status_code >= OK:
                    raise BridgeError(_said(answer.status_code, answer.read()))
                for line in answer.iter_lines():
                    if line:
                        yield orjson.loads(line)
        except TransientError:
            raise self._unreached() from None
        finally:
            http.close()

    def act(self, path: str, body: Any) -> Any:
        """POST; the answer's JSON. A lost answer is asked for once more under the same key."""
        key = {"idempotency-key": f'"{uuid.uuid4()}"'}
        try:
            return _json(self._call("POST", path, json=body, headers=key))
        except AmbiguousOutcome:
            return _json(self._call("POST", path, json=body, headers=key))

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {**self._headers, **request.pop("headers", {})}
        url = f"{self._url}/api/v1{path}"
        http = Http("bridge", allow_hosts=self._hosts, deadline=self._deadline)
        try:
            answer = http.request(method, url, headers=headers, **request)
        except TransientError:
            raise self._unreached() from None
        finally:
            http.close()
        if answer.status_code >= OK:
            raise BridgeError(_said(answer.status_code, answer.content))
        return answer

    def _unreached(self) -> Unreached:
        return Unreached(
            f"no server at {self._url}; is `bridge serve` running? BRIDGE_URL says where it is"
        )


def part(text: str) -> str:
    """An id or a name as one part of a path."""
    return quote(text, safe="")


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise BridgeError(
            "what answered is not Bridge: it sent no JSON; BRIDGE_URL says where it is"
        ) from None


def _said(status: int, body: bytes) -> str:
    plain = f"the server answered {status}"
    try:
        problem = orjson.loads(body)
    except ValueError:
        return plain
    if not isinstance(problem, dict):
        return plain
    return f"{problem.get('title', plain)}: {problem.get('detail', '')}".rstrip(": ")
