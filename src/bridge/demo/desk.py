"""An operator's desk: the API as a person with a key uses it, for what nothing in the story does by itself."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from bridge.canonical.ids import random_id
from bridge.demo.stage import Stage
from bridge.errors import BridgeError
from bridge.http import Http

PATIENCE = 60.0  # seconds
LOOK_SECONDS = 0.1
OK = 300
T = TypeVar("T")


class Desk:
    """Raises BridgeError for what the API refuses, and for what does not come."""

    def __init__(self, stage: Stage) -> None:
        self._url = f"{stage.url}/api/v1"
        self._key = {"authorization": f"Bearer {stage.key.token}"}
        self._http = Http("demo", allow_hosts=frozenset({"127.0.0.1"}))

    def read(self, path: str) -> Any:
        return self._answer("GET", path)

    def act(self, path: str, body: Any) -> Any:
        return self._answer("POST", path, json=body)

    def follow(self, path: str, *, while_in: str) -> dict[str, Any]:
        """What stands there once its state is another one."""
        return self.until(lambda: _moved_on(self.read(path), while_in), path)

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """What a look brings at last."""
        end = time.monotonic() + PATIENCE
        while (found := look()) is None:
            if time.monotonic() > end:
                raise BridgeError(f"demo: {what} did not come")
            time.sleep(LOOK_SECONDS)
        return found

    def close(self) -> None:
        self._http.close()

    def _answer(self, method: str, path: str, **request: Any) -> Any:
        once = {"idempotency-key": random_id("run")}
        answer = self._http.request(
            method, f"{self._url}{path}", headers=self._key | once, **request
        )
        if answer.status_code >= OK:
            raise BridgeError(f"demo: {method} {path}: {answer.text}")
        return answer.json()


def _moved_on(found: dict[str, Any], state: str) -> dict[str, Any] | None:
    return None if found["state"] == state else found
