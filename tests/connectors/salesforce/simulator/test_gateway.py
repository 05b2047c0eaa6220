"""What stands before every resource: versions, the day's allocation, troubles and faults."""

import httpx
import pytest
from fastapi.testclient import TestClient

from bridge.connectors.salesforce.simulator import (
    Field,
    ObjectType,
    SalesforceSimulator,
    Setup,
    build,
)
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from connectors.salesforce.simulator.still_clock import StillClock

ORG = "http://org.example/services/data"


def test_versions_are_listed_without_a_session(sim: SalesforceSimulator) -> None:
    versions = TestClient(sim.app, base_url="http://org.example").get("/services/data/").json()

    assert versions[0]["version"] == "31.0"
    assert versions[-1] == {
        "label": "v68.0",
        "url": "/services/data/v68.0",
        "version": "68.0",
    }


@pytest.mark.parametrize(
    ("version", "status"), [("v30.0", 410), ("v69.0", 404), ("v67", 404), ("67.0", 404)]
)
def test_other_versions_are_refused(api: TestClient, version: str, status: int) -> None:
    assert api.get(f"{ORG}/{version}/limits").status_code == status


def test_a_version_that_retires_is_gone(sim: SalesforceSimulator, api: TestClient) -> None:
    sim.gateway.oldest_version = 68

    answer = api.get("limits")

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (410, "UNSUPPORTED_API_VERSION")


def test_every_answer_tells_the_use_of_the_allocation(api: TestClient) -> None:
    good = api.get("limits")
    bad = api.get("nowhere")

    assert good.headers["sforce-limit-info"] == "api-usage=1/100000"
    assert bad.headers["sforce-limit-info"] == "api-usage=2/100000"
    assert good.json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_999}


def test_a_used_up_day_is_403_without_a_time_to_return(
    sim: SalesforceSimulator, api: TestClient, clock: StillClock
) -> None:
    sim.allocation.most = 1
    api.get("limits")

    refused = api.get("limits")
    clock.pass_(87)  # a day at this pace
    api.headers["authorization"] = f"Bearer {sim.sessions.open(sim.org.integration_user)}"
    later = api.get("limits")

    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "retry-after" not in refused.headers
    assert later.status_code == 200


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [("locked", 400, "UNABLE_TO_LOCK_ROW"), ("limit", 403, "REQUEST_LIMIT_EXCEEDED")],
)
def test_a_scripted_trouble_comes_once_and_before_the_effect(
    sim: SalesforceSimulator, api: TestClient, trouble: str, status: int, code: str
) -> None:
    sim.troubles.next(trouble, path_contains="sobjects/Case")

    read = api.get("sobjects/Case/describe")
    first = api.post("sobjects/Case", json={"Subject": "x"})
    second = api.post("sobjects/Case", json={"Subject": "x"})

    assert read.status_code == 200
    assert (first.status_code, first.json()[0]["errorCode"]) == (status, code)
    assert second.status_code == 201
    assert len(sim.records("Case")) == 1


def test_a_duplicate_rule_objects_unless_the_call_allows_it(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    sim.troubles.next("rule")
    allowed = api.post(
        "sobjects/Case",
        json={"Subject": "x"},
        headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"},
    )
    refused = api.post("sobjects/Case", json={"Subject": "x"})

    assert allowed.status_code == 201
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "DUPLICATES_DETECTED")
    assert len(sim.records("Case")) == 1


def test_locks_come_by_rate_until_it_is_calm(sim: SalesforceSimulator, api: TestClient) -> None:
    sim.troubles.lock_rate = 1.0
    locked = api.post("sobjects/Case", json={})
    sim.troubles.calm()

    assert locked.json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    assert api.post("sobjects/Case", json={}).status_code == 201


@pytest.mark.parametrize(
    ("fault", "said", "made"),
    [
        ("rate_limited", (503, "SERVER_UNAVAILABLE"), 0),
        ("server_error_before", (500, "UNKNOWN_EXCEPTION"), 0),
        ("server_error_after", (500, "UNKNOWN_EXCEPTION"), 1),
    ],
)
def test_a_fault_speaks_the_vendors_words(
    sim: SalesforceSimulator, api: TestClient, fault: str, said: tuple[int, str], made: int
) -> None:
    sim.faults.next(fault, method="PATCH", path_contains="Bridge_Key__c")

    failed = api.patch("sobjects/Case/Bridge_Key__c/k", json={"Subject": "x"})
    again = api.patch("sobjects/Case/Bridge_Key__c/k", json={"Subject": "x"})

    assert (failed.status_code, failed.json()[0]["errorCode"]) == said
    assert again.json()["created"] is (made == 0)
    assert sim.created_by_key() == {"k": 1}


@pytest.mark.parametrize(("fault", "made"), [("cut_before", 0), ("cut_after", 1)])
def test_a_cut_connection_is_broken_for_the_client(
    sim: SalesforceSimulator, fault: str, made: int
) -> None:
    token = sim.sessions.open(sim.org.integration_user)
    sim.faults.next(fault, path_contains="sobjects")

    with Served(sim.app) as served, pytest.raises(httpx.HTTPError):
        httpx.post(
            f"{served.url}/services/data/v67.0/sobjects/Case",
            json={"Subject": "x"},
            headers={"authorization": f"Bearer {token}"},
        )

    assert len(sim.records("Case")) == made


def test_a_query_longer_than_an_address_may_be_is_refused(api: TestClient) -> None:
    answer = api.get("query", params={"q": "x" * 17_000})

    assert answer.status_code == 414


def test_calls_are_counted_by_template(sim: SalesforceSimulator, api: TestClient) -> None:
    case = sim.create_case()
    for _ in range(2):
        api.patch(f"sobjects/Case/{case}", json={})

    assert sim.requests == {("PATCH", "sobjects/{object}/{id}"): 2}


def test_the_back_door_shows_and_acts(clock: StillClock) -> None:
    sim = build(clock, Pace(0.01))
    web = TestClient(sim.app, base_url="http://org.example")

    case = web.post("/_sim/person/create_case", json={"Subject": "x"}).json()
    web.post("/_sim/person/click_send_to_engineering", json={"id": case})
    web.post("/_sim/person/comment", json={"case": case, "text": "hello"})
    wrong = web.post("/_sim/person/create_case", json={"Nothing__c": 1})
    web.post("/_sim/person/trouble", json={"trouble": "locked"})
    web.post("/_sim/faults", json={"next": [{"name": "rate_limited"}]})
    state = web.get("/_sim/state").json()

    assert sim.record("Case", case)["Send_To_Engineering__c"] is True
    assert [each["CommentBody"] for each in sim.case_comments(case)] == ["hello"]
    assert (wrong.status_code, "INVALID_FIELD" in wrong.text) == (422, True)
    assert (state["records"]["Case"], state["idle"]) == (1, True)
    assert web.get("/services/data/").status_code == 503


def test_the_schema_can_be_extended(clock: StillClock) -> None:
    from_setup = Setup(
        objects=(ObjectType(name="NPS__c", prefix="a0z", fields=(Field(name="Score__c"),)),),
        fields={"Case": (Field(name="Region__c", length=5), Field(name="Subject", length=3))},
    )
    sim = SalesforceSimulator(clock, Pace(0.01), setup=from_setup)

    sim.create("NPS__c", Score__c="9")
    sim.create_case(Region__c="north", Subject="abc")

    assert [each["Score__c"] for each in sim.records("NPS__c")] == ["9"]
    with pytest.raises(ValueError, match="STRING_TOO_LONG"):
        sim.create_case(Subject="abcd")
