"""The fault middleware on real sockets."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI

from bridge.connectors.simulation.asgi import FaultMiddleware, Refusal
from bridge.connectors.simulation.control import control_routes
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served


@dataclass
class Counted:
    """An app that counts the POSTs whose effect happened."""

    faults: Faults = field(default_factory=Faults)
    effects: int = 0
    url: str = ""

    def build(self) -> FastAPI:
        app = FastAPI()

        @app.post("/thing")
        def thing() -> dict[str, int]:
            self.effects += 1
            return {"effects": self.effects}

        people = {"double": lambda number: number * 2}
        app.include_router(
            control_routes(self.faults, lambda: {"effects": self.effects}, people=people)
        )
        app.add_middleware(
            FaultMiddleware,
            faults=self.faults,
            pace=Pace(0.01),
            too_many=lambda: Refusal(status=429, body=b"slow", headers={"Retry-After": "7"}),
        )
        return app


@pytest.fixture
def counted() -> Iterator[Counted]:
    counted = Counted()
    with Served(counted.build()) as served:
        counted.url = served.url
        yield counted


def post(counted: Counted, path: str = "/thing", *, json: object = None) -> httpx.Response:
    return httpx.post(counted.url + path, json=json, trust_env=False)


def test_without_faults_the_app_answers(counted: Counted) -> None:
    assert post(counted).json() == {"effects": 1}


def test_429_has_the_vendors_words_and_no_effect(counted: Counted) -> None:
    counted.faults.next("rate_limited")

    answer = post(counted)

    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (429, "slow", "7")
    assert counted.effects == 0


@pytest.mark.parametrize(("fault", "effects"), [("before", 0), ("after", 1)])
def test_a_server_error_comes_before_or_after_the_effect(
    counted: Counted, fault: str, effects: int
) -> None:
    counted.faults.next(f"server_error_{fault}")

    assert post(counted).status_code == 503
    assert counted.effects == effects


@pytest.mark.parametrize(("fault", "effects"), [("before", 0), ("after", 1)])
def test_a_cut_breaks_the_connection(counted: Counted, fault: str, effects: int) -> None:
    counted.faults.next(f"cut_{fault}")

    with pytest.raises(httpx.RemoteProtocolError):
        post(counted)
    assert counted.effects == effects
    assert post(counted).json() == {"effects": effects + 1}


def test_an_outage_answers_503_without_effect(counted: Counted) -> None:
    counted.faults.configure(outage=True)

    assert post(counted).status_code == 503
    assert counted.effects == 0


def test_latency_delays_and_serves(counted: Counted) -> None:
    counted.faults.configure(latency_seconds=10)  # a tenth of a second at this pace
    counted.faults.next("latency")

    answer = post(counted)

    assert answer.json() == {"effects": 1}
    assert answer.elapsed.total_seconds() > 0.09


def test_the_back_door_is_never_disturbed(counted: Counted) -> None:
    counted.faults.configure(outage=True)

    assert httpx.get(counted.url + "/_sim/state", trust_env=False).json() == {"effects": 0}


def test_faults_are_set_and_calmed_over_http(counted: Counted) -> None:
    post(counted, "/_sim/faults", json={"next": [{"name": "rate_limited", "method": "POST"}]})
    assert post(counted).status_code == 429

    post(counted, "/_sim/faults", json={"rate_limited": 1})
    assert post(counted).status_code == 429

    httpx.delete(counted.url + "/_sim/faults", trust_env=False)
    assert post(counted).status_code == 200


def test_a_wrong_fault_is_refused_over_http(counted: Counted) -> None:
    assert post(counted, "/_sim/faults", json={"nonsense": 1}).status_code == 422


def test_people_act_over_http(counted: Counted) -> None:
    assert post(counted, "/_sim/person/double", json={"number": 21}).json() == 42
    assert post(counted, "/_sim/person/double", json={"wrong": 21}).status_code == 422
    assert post(counted, "/_sim/person/nobody", json={}).status_code == 404
