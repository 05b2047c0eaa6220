"""A simulator on a clock that tests set, and a caller that is signed in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi.testclient import TestClient

from bridge.connectors.jira.simulator import JiraSimulator, build
from bridge.connectors.simulation.scale import Pace

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AUTH = ("bridge@example.com", "jira-token")


@dataclass
class SetClock:
    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - NOON).total_seconds()

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Jira:
    """`v` is the API version that the short paths go to."""

    flavour: str = "cloud"
    v: str = "2"
    clock: SetClock = field(default_factory=SetClock)
    sim: JiraSimulator = field(init=False)
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.sim = build(clock=self.clock, pace=Pace(1.0), flavour=self.flavour)
        self.client = TestClient(self.sim.app)
        self.client.auth = AUTH

    def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:
        full = path if path.startswith("/rest") else f"/rest/api/{self.v}{path}"
        answer = self.client.request(method, full, **rest)
        return httpx.Response(
            answer.status_code, headers=dict(answer.headers), content=answer.content
        )

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.ask("GET", path, params=params)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.ask("POST", path, json=body)

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.ask("PUT", path, json=body)

    def create(self, kind: str = "Task", /, **fields: Any) -> httpx.Response:
        """POST /issue with what every issue needs, and `fields`; None takes one out."""
        base = {"project": {"key": "ENG"}, "issuetype": {"name": kind}, "summary": "Broken"}
        merged = {name: value for name, value in {**base, **fields}.items() if value is not None}
        return self.post("/issue", {"fields": merged})

    def search(self, jql: str, **rest: Any) -> httpx.Response:
        return self.post("/search/jql", {"jql": jql, "fields": ["summary"], **rest})

    def found(self, jql: str, **rest: Any) -> list[str]:
        answer = self.search(jql, **rest)
        assert answer.status_code == 200, answer.text
        return [issue["key"] for issue in answer.json()["issues"]]


def errors(answer: httpx.Response) -> dict[str, str]:
    """The `errors` of a 400; its status is checked by the way."""
    assert answer.status_code == 400, answer.text
    body: dict[str, str] = answer.json()["errors"]
    return body


def message(answer: httpx.Response, status: int = 400) -> str:
    """The first message of a refusal."""
    assert answer.status_code == status, answer.text
    return str(answer.json()["errorMessages"][0])
