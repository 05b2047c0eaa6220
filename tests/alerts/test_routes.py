"""`/api/v1/alerts` and `/api/v1/silences`: who sees what, who may silence, and that it is said once."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alerts.siren import LASTS, Siren
from bridge.access.keys import Role, create
from bridge.access.problems import install
from bridge.access.routes import router as audit_router
from bridge.alerts.routes import router
from clocks import FakeClock


@pytest.fixture
def client(siren: Siren, clock: FakeClock) -> TestClient:
    """An operator's, over the siren's database."""
    app = FastAPI()
    app.state.database, app.state.clock = siren.town.database, clock
    app.state.kinds = siren.town.kinds
    app.include_router(router)
    app.include_router(audit_router)
    install(app)
    with siren.town.database.transaction() as session:
        key = create(session, "anna", role=Role.OPERATOR, now=clock.now())
    made = TestClient(app)
    made.headers["Authorization"] = f"Bearer {key.token}"
    return made


@pytest.fixture
def silence(clock: FakeClock) -> dict[str, Any]:
    ends = clock.now() + timedelta(hours=2)
    return {
        "matchers": ["feedback.product=Router"],
        "ends_at": ends.isoformat(),
        "comment": "planned work",
    }


def test_groups_say_what_fires_waits_or_is_silenced(siren: Siren, client: TestClient) -> None:
    siren.live_by(f"group_by: [feedback.product], {LASTS}")
    siren.critical("1", product="Router")
    siren.wait(30)
    siren.critical("2", product="Phone")
    siren.critical("3", product="Fax")
    siren.silence("feedback.product=Fax", hours=1)

    found = client.get("/api/v1/alerts").json()["items"]
    (firing,) = client.get("/api/v1/alerts", params={"state": "firing"}).json()["items"]
    whole = client.get(f"/api/v1/alerts/{firing['id']}").json()

    assert {one["title"]: one["state"] for one in found} == {
        "Router": "firing",
        "Phone": "waiting",
        "Fax": "silenced",
    }
    assert firing["counts"] == {"firing": 1, "waiting": 0, "silenced": 0, "resolved": 0}
    assert [one["subject"] for one in whole["alerts"]] == ["crm:Case:1"]
    assert [(one["why"], one["firing"]) for one in whole["cards_told"]] == [("new", 1)]


def test_a_group_is_over_when_nothing_is_open(siren: Siren, client: TestClient) -> None:
    siren.live_by(LASTS)
    siren.critical("1")
    siren.wait(30)
    siren.calm("1")
    siren.wait(300)

    there = client.get("/api/v1/alerts").json()["items"]
    (over,) = client.get("/api/v1/alerts", params={"state": "over"}).json()["items"]

    assert there == []
    assert (over["state"], over["cards"]) == ("over", 2)


def test_a_silence_is_made_once_however_often_it_is_sent_and_is_audited(
    client: TestClient, silence: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "one"}

    first = client.post("/api/v1/silences", json=silence, headers=headers)
    again = client.post("/api/v1/silences", json=silence, headers=headers)
    listed = client.get("/api/v1/silences", params={"state": "active"}).json()["items"]
    (act,) = client.get("/api/v1/audit", params={"verb": "silence"}).json()["items"]

    assert (first.status_code, again.status_code) == (201, 201)
    assert [one["id"] for one in listed] == [first.json()["id"]]
    assert listed[0]["matchers"] == ['feedback.product="Router"']
    assert (listed[0]["author"], listed[0]["comment"]) == ("anna", "planned work")
    assert (act["principal"], act["reason"]) == ("anna", "planned work")


def test_a_silence_that_is_ended_stays_in_the_history(
    client: TestClient, silence: dict[str, Any]
) -> None:
    made = client.post("/api/v1/silences", json=silence, headers={"Idempotency-Key": "a"}).json()
    path = f"/api/v1/silences/{made['id']}:expire"

    ended = client.post(path, json={"why": "done"}, headers={"Idempotency-Key": "b"})
    twice = client.post(path, json={"why": "done"}, headers={"Idempotency-Key": "c"})
    listed = client.get("/api/v1/silences", params={"state": "expired"}).json()["items"]

    assert ended.json()["state"] == "expired"
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/silence-over")
    assert [(one["id"], one["expired_by"]) for one in listed] == [(made["id"], "anna")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"matchers": []}, "matchers"),
        ({"matchers": ["rule"]}, "no matcher"),
        ({"matchers": ['rule=~"("']}, "no regular expression"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends after it begins"),
        ({"ends_at": "2099-01-01T00:00:00Z"}, "within a year"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused_with_the_reason(
    client: TestClient, silence: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    answer = client.post(
        "/api/v1/silences", json={**silence, **change}, headers={"Idempotency-Key": "x"}
    )

    assert answer.status_code == 422
    assert said in answer.text
