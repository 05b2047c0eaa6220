"""Collections: up to 200 records, each answered in its place."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from bridge.connectors.salesforce.simulator import SalesforceSimulator
from connectors.salesforce.simulator.shapes import codes

CASE = {"attributes": {"type": "Case"}}


def test_records_are_made_and_refused_each_in_its_place(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    records = [{**CASE, "Subject": "a"}, {**CASE, "Subject": "x" * 256}, {**CASE, "Subject": "c"}]

    answer = api.post("composite/sobjects", json={"records": records})

    results = answer.json()
    assert answer.status_code == 200
    assert [each["success"] for each in results] == [True, False, True]
    assert codes(results) == ["", "STRING_TOO_LONG", ""]
    assert results[1]["errors"][0]["fields"] == ["Subject"]
    assert [each["Id"] for each in sim.records("Case")] == [results[0]["id"], results[2]["id"]]


def test_all_or_none_keeps_none(sim: SalesforceSimulator, api: TestClient) -> None:
    records = [{**CASE, "Subject": "a"}, {**CASE, "Nothing__c": 1}]

    answer = api.post("composite/sobjects", json={"allOrNone": True, "records": records})

    assert codes(answer.json()) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_FIELD"]
    assert sim.records("Case") == []


def test_updates_go_by_id(sim: SalesforceSimulator, api: TestClient) -> None:
    case, other = sim.create_case(Subject="a"), sim.create_case(Subject="b")
    sim.delete("Case", other)
    records = [
        {**CASE, "id": case, "Subject": "new"},
        {**CASE, "id": other, "Subject": "new"},
        {**CASE, "id": "500Hs0000000001AAA", "Subject": "new"},
        {**CASE, "Subject": "new"},
        {"id": "500Hs0000000002AAA", "Subject": "no type"},
    ]

    results = api.patch("composite/sobjects", json={"records": records}).json()

    assert codes(results) == [
        "", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MISSING_ARGUMENT", "INVALID_TYPE",
    ]  # fmt: skip
    assert results[0]["id"] == case
    assert sim.record("Case", case)["Subject"] == "new"


def test_upserts_go_by_the_key_in_each_record(sim: SalesforceSimulator, api: TestClient) -> None:
    case = sim.create_case(Bridge_Key__c="old")
    records = [
        {**CASE, "Bridge_Key__c": "OLD", "Subject": "updated"},
        {**CASE, "Bridge_Key__c": "new", "Subject": "created"},
        {**CASE, "Subject": "no key"},
        {"attributes": {"type": "Account"}, "Bridge_Key__c": "other", "Name": "another object"},
        {**CASE, "Bridge_Key__c": "third", "id": case},
    ]

    answer = api.patch("composite/sobjects/Case/Bridge_Key__c", json={"records": records})

    results = answer.json()
    assert [each.get("created") for each in results] == [False, True, None, None, None]
    assert codes(results) == [
        "", "", "MISSING_ARGUMENT", "INVALID_TYPE", "INVALID_FIELD_FOR_INSERT_UPDATE",
    ]  # fmt: skip
    assert results[0]["id"] == case
    assert sim.created_by_key() == {"old": 1, "new": 1}


def test_what_comes_twice_in_a_call_is_refused_each_time(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    case, other = sim.create_case(Subject="a"), sim.create_case(Subject="b")
    ids = [{**CASE, "id": each, "Subject": "new"} for each in (case, other, case[:15])]
    keys = [{**CASE, "Bridge_Key__c": each} for each in ("new", "other", " NEW")]

    updated = api.patch("composite/sobjects", json={"records": ids}).json()
    upserted = api.patch("composite/sobjects/Case/Bridge_Key__c", json={"records": keys}).json()

    assert codes(updated) == codes(upserted) == ["DUPLICATE_VALUE", "", "DUPLICATE_VALUE"]
    assert [sim.record("Case", each)["Subject"] for each in (case, other)] == ["a", "new"]
    assert sim.created_by_key() == {"other": 1}


def test_objects_may_be_mixed_in_ten_chunks(sim: SalesforceSimulator, api: TestClient) -> None:
    account = {"attributes": {"type": "Account"}, "Name": "Northwind"}
    ten = [{**CASE, "Subject": "a"}, account] * 5

    taken = api.post("composite/sobjects", json={"records": ten})
    refused = api.post("composite/sobjects", json={"records": [*ten, {**CASE, "Subject": "b"}]})

    assert codes(taken.json()) == [""] * 10
    assert refused.status_code == 400
    assert "more than 10 chunks" in refused.json()[0]["message"]
    assert len(sim.records("Case")) == len(sim.records("Account")) == 5


def test_a_record_that_somebody_holds_is_locked_until_it_is_let_go(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    held, free = sim.create_case(Subject="a"), sim.create_case(Subject="b")
    records = [{**CASE, "id": each, "Subject": "new"} for each in (held, free)]
    sim.hold(held)

    together = api.patch("composite/sobjects", json={"records": records}).json()
    alone = api.patch(f"sobjects/Case/{held}", json={"Subject": "new"})
    sim.let_go(held)
    then = api.patch(f"sobjects/Case/{held}", json={"Subject": "new"})

    assert codes(together) == ["UNABLE_TO_LOCK_ROW", ""]
    assert alone.json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    assert then.status_code == 204


def test_duplicate_rules_and_clashes_come_over_records_of_a_collection(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    sim.troubles.next("rule")
    sim.troubles.next("clash")
    records = [{**CASE, "Bridge_Key__c": each} for each in ("ruled", "clashed", "good")]

    results = api.patch("composite/sobjects/Case/Bridge_Key__c", json={"records": records}).json()

    assert codes(results) == ["DUPLICATES_DETECTED", "DUPLICATE_VALUE", ""]


def test_several_matches_refuse_the_one_record(sim: SalesforceSimulator, api: TestClient) -> None:
    for _ in range(2):
        sim.create_case(Jira_Key__c="ENG-1")
    records = [{**CASE, "Jira_Key__c": "ENG-1"}, {**CASE, "Jira_Key__c": "ENG-2"}]

    results = api.patch("composite/sobjects/Case/Jira_Key__c", json={"records": records}).json()

    assert codes(results) == ["DUPLICATE_EXTERNAL_ID", ""]


def test_records_are_read_in_the_order_of_their_ids(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    first, second = sim.create_case(Subject="a"), sim.create_case(Subject="b")
    body = {"ids": [second, "500Hs0000000001AAA", first], "fields": ["Subject"]}

    found = api.post("composite/sobjects/Case", json=body).json()

    assert [each and each["Subject"] for each in found] == ["b", None, "a"]


def test_records_are_deleted_by_their_ids(sim: SalesforceSimulator, api: TestClient) -> None:
    case = sim.create_case(Subject="a")

    results = api.delete(f"composite/sobjects?ids={case},{case}").json()

    assert codes(results) == ["", "ENTITY_IS_DELETED"]
    assert sim.records("Case") == []


@pytest.mark.parametrize("records", [[CASE] * 201, "text", [1]])
def test_too_many_and_wrong_records_are_refused_whole(
    sim: SalesforceSimulator, api: TestClient, records: Any
) -> None:
    answer = api.post("composite/sobjects", json={"records": records})

    assert answer.status_code == 400
    assert sim.records("Case") == []


def test_one_locked_row_fails_alone(sim: SalesforceSimulator, api: TestClient) -> None:
    sim.troubles.next("locked")

    answer = api.post(
        "composite/sobjects", json={"records": [{**CASE, "Subject": each} for each in "ab"]}
    )

    assert codes(answer.json()) == ["UNABLE_TO_LOCK_ROW", ""]
    assert [each["Subject"] for each in sim.records("Case")] == ["b"]
