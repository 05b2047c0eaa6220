"""Composite: one call of many, references between them, all or nothing."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from bridge.connectors.salesforce.simulator import SalesforceSimulator
from connectors.salesforce.simulator.shapes import subrequest

UPSERT = subrequest("PATCH", "sobjects/Case/Bridge_Key__c/k", "case", {"Subject": "linked"})
COMMENT = subrequest(
    "POST", "sobjects/CaseComment", "note", {"ParentId": "@{case.id}", "CommentBody": "Linked"}
)
WRONG = subrequest("POST", "sobjects/Case", "wrong", {"Nothing__c": 1})


def test_a_later_call_uses_what_an_earlier_one_gave(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    answer = api.post("composite", json={"compositeRequest": [UPSERT, COMMENT]})

    results = answer.json()["compositeResponse"]
    assert [each["httpStatusCode"] for each in results] == [201, 201]
    assert [each["referenceId"] for each in results] == ["case", "note"]
    case = results[0]["body"]["id"]
    assert [each["CommentBody"] for each in sim.case_comments(case)] == ["Linked"]
    assert sim.allocation.used == 1


def test_a_query_result_can_be_referred_to(sim: SalesforceSimulator, api: TestClient) -> None:
    case = sim.create_case(Subject="x")
    query = subrequest("GET", "query?q=SELECT+Id+FROM+Case", "found")
    update = subrequest("PATCH", "sobjects/Case/@{found.records[0].Id}", "edit", {"Subject": "y"})

    answer = api.post("composite", json={"compositeRequest": [query, update]})

    assert [each["httpStatusCode"] for each in answer.json()["compositeResponse"]] == [200, 204]
    assert sim.record("Case", case)["Subject"] == "y"


def test_without_all_or_none_the_good_ones_stay(sim: SalesforceSimulator, api: TestClient) -> None:
    answer = api.post("composite", json={"compositeRequest": [WRONG, UPSERT]})

    results = answer.json()["compositeResponse"]
    assert answer.status_code == 200
    assert [each["httpStatusCode"] for each in results] == [400, 201]
    assert results[0]["body"][0]["errorCode"] == "INVALID_FIELD"
    assert len(sim.records("Case")) == 1


def test_all_or_none_undoes_the_good_ones(sim: SalesforceSimulator, api: TestClient) -> None:
    body = {"allOrNone": True, "compositeRequest": [UPSERT, WRONG, COMMENT]}

    results = api.post("composite", json=body).json()["compositeResponse"]

    codes = [each["body"][0]["errorCode"] for each in results]
    assert [each["httpStatusCode"] for each in results] == [400, 400, 400]
    assert codes == ["PROCESSING_HALTED", "INVALID_FIELD", "PROCESSING_HALTED"]
    assert sim.records("Case") == []
    assert sim.created_by_key() == {}
    assert api.patch("sobjects/Case/Bridge_Key__c/k", json={}).status_code == 201


def test_a_reference_to_a_failed_call_halts_the_later_one(api: TestClient) -> None:
    comment = subrequest(
        "POST", "sobjects/CaseComment", "note", {"ParentId": "@{wrong.id}", "CommentBody": "x"}
    )

    answer = api.post("composite", json={"compositeRequest": [WRONG, comment]})

    second = answer.json()["compositeResponse"][1]
    assert (second["httpStatusCode"], second["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")


@pytest.mark.parametrize(
    "requests",
    [
        [subrequest("GET", "limits", f"r{number}") for number in range(26)],
        [subrequest("GET", "query?q=SELECT+Id+FROM+Case", f"r{number}") for number in range(6)],
        [subrequest("GET", "limits", "same"), subrequest("GET", "limits", "same")],
        [subrequest("GET", "limits", "not a word")],
        [{"method": "GET"}],
        ["text"],
        [],
    ],
)
def test_a_wrong_composite_is_refused_whole(api: TestClient, requests: list[Any]) -> None:
    answer = api.post("composite", json={"compositeRequest": requests})

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] in {"INVALID_INPUT", "JSON_PARSER_ERROR"}


def test_other_versions_and_unknown_paths_are_not_found(api: TestClient) -> None:
    other = {"method": "GET", "url": "/services/data/v60.0/limits", "referenceId": "a"}

    answer = api.post(
        "composite", json={"compositeRequest": [other, subrequest("GET", "nowhere", "b")]}
    )

    results = answer.json()["compositeResponse"]
    assert [each["httpStatusCode"] for each in results] == [404, 404]
