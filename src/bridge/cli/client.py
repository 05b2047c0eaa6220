"""The API as the command line calls it: `BRIDGE_URL` and `BRIDGE_KEY` say where and as whom."""

import os
import uuid
from typing import Any
from urllib.parse import urlsplit

import orjson

from bridge.errors import BridgeError, SettingError
from bridge.http import Http

DEFAULT_URL = "http://127.0.0.1:8080"
OK = 300


class Api:
    """One server, as one principal."""

    def __init__(self, *, deadline: float = 30.0) -> None:
        self._url = os.environ.get("BRIDGE_URL", DEFAULT_URL).rstrip("/")
        key = os.environ.get("BRIDGE_KEY", "")
        if not key:
            raise SettingError("BRIDGE_KEY is not set; make a key with: bridge keys create NAME")
        self._headers = {"authorization": f"Bearer {key}"}
        host = urlsplit(self._url).hostname or ""
        self._hosts, self._deadline = frozenset({host}), deadline

    def read(self, path: str, **query: Any) -> Any:
        """GET; the answer's JSON. Filters without a value are left out."""
        params = {name: value for name, value in query.items() if value not in (None, (), [])}
        return self._call("GET", path, params=params)

    def ask(self, path: str, body: Any) -> Any:
        """POST of a question, which changes nothing; the answer's JSON."""
        return self._call("POST", path, json=body)

    def act(self, path: str, body: Any) -> Any:
        """POST with a new Idempotency-Key; the answer's JSON."""
        return self._call("POST", path, json=body, key=f'"{uuid.uuid4()}"')

    def _call(self, method: str, path: str, key: str = "", **request: Any) -> Any:
        headers = {**self._headers, **({"idempotency-key": key} if key else {})}
        http = Http("bridge", allow_hosts=self._hosts, deadline=self._deadline)
        try:
            answer = http.request(method, f"{self._url}/api/v1{path}", headers=headers, **request)
        finally:
            http.close()
        if answer.status_code >= OK:
            raise BridgeError(_said(answer.status_code, answer.content))
        return answer.json()


def _said(status: int, body: bytes) -> str:
    plain = f"the server answered {status}"
    try:
        problem = orjson.loads(body)
    except ValueError:
        return plain
    return f"{problem.get('title', plain)}: {problem.get('detail', '')}".rstrip(": ")
