"""Upsert by external id: created, updated, several, and the refusals."""

from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bridge.connectors.salesforce.simulator import SalesforceSimulator
from properties import SHARING

PATH = "sobjects/Case/Bridge_Key__c/"


def test_no_match_creates_and_one_match_updates(sim: SalesforceSimulator, api: TestClient) -> None:
    created = api.patch(PATH + "write-1", json={"Subject": "first"})
    updated = api.patch(PATH + "WRITE-1", json={"Subject": "second"})

    assert (created.status_code, created.json()["created"]) == (201, True)
    assert (updated.status_code, updated.json()["created"]) == (200, False)
    assert updated.json()["id"] == created.json()["id"]
    assert [each["Subject"] for each in sim.records("Case")] == ["second"]
    assert sim.record("Case", created.json()["id"])["Bridge_Key__c"] == "write-1"
    assert sim.created_by_key() == {"write-1": 1}


def test_several_matches_change_nothing(sim: SalesforceSimulator, api: TestClient) -> None:
    twins = [sim.create_case(Subject="twin", Jira_Key__c="ENG-1") for _ in range(2)]

    answer = api.patch("sobjects/Case/Jira_Key__c/ENG-1", json={"Subject": "which?"})

    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v67.0/sobjects/Case/{each}" for each in twins]
    assert {each["Subject"] for each in sim.records("Case")} == {"twin"}


def test_the_key_may_not_be_in_the_body(api: TestClient) -> None:
    answer = api.patch(PATH + "k", json={"bridge_key__c": "k"})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_update_only_never_creates(sim: SalesforceSimulator, api: TestClient) -> None:
    answer = api.patch(PATH + "k?updateOnly=true", json={"Subject": "x"})

    assert answer.status_code == 404
    assert sim.records("Case") == []


def test_a_field_that_is_no_external_id_cannot_address(api: TestClient) -> None:
    answer = api.patch("sobjects/Case/Subject/x", json={"Priority": "High"})

    assert answer.status_code == 404
    assert "Provided external ID field" in answer.json()[0]["message"]


def test_before_v46_an_update_has_no_body(api: TestClient) -> None:
    api.patch(PATH + "k", json={"Subject": "x"})

    answer = api.patch(
        "http://org.example/services/data/v45.0/" + PATH + "k", json={"Subject": "y"}
    )

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_unique_value_names_the_record_that_has_it(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    first = sim.create_case(Bridge_Key__c="k")

    answer = api.post("sobjects/Case", json={"Bridge_Key__c": "K"})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "DUPLICATE_VALUE")
    assert answer.json()[0]["message"].endswith(f"duplicates value on record with id: {first[:15]}")


def test_a_deleted_record_frees_its_key_and_then_cannot_come_back(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    old = sim.create_case(Bridge_Key__c="k")
    sim.delete("Case", old)

    again = api.patch(PATH + "k", json={})

    assert again.status_code == 201
    with pytest.raises(ValueError, match="DUPLICATE_VALUE"):
        sim.undelete("Case", old)


def test_two_first_upserts_may_clash_and_the_second_try_finds_the_record(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    sim.troubles.next("clash", path_contains="Bridge_Key__c")

    clash = api.patch(PATH + "k", json={"Subject": "x"})
    again = api.patch(PATH + "k", json={"Subject": "x"})

    assert (clash.status_code, clash.json()[0]["errorCode"]) == (400, "DUPLICATE_VALUE")
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert sim.created_by_key() == {"k": 1}


@settings(suppress_health_check=SHARING)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_any_key_survives_the_path(api: TestClient, key: str) -> None:
    assume(key.strip() == key and key not in {".", ".."})

    made = api.patch(PATH + quote(key, safe=""), json={})
    read = api.get(PATH + quote(key, safe=""))

    assert made.status_code in {200, 201}
    assert read.json()["Bridge_Key__c"].casefold() == key.casefold()
