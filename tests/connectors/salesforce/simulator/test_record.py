"""Single records: what is kept and how, and every refusal."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from bridge.connectors.salesforce.simulator import SalesforceSimulator
from connectors.salesforce.simulator.still_clock import StillClock

ABSENT_CASE = "500Hs0000000001AAA"


def test_a_created_record_is_answered_with_its_id(api: TestClient) -> None:
    answer = api.post("sobjects/Case", json={"Subject": "Export loses a row"})

    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "success": True, "errors": []}
    assert len(answer.json()["id"]) == 18
    assert answer.json()["id"].startswith("500")


def test_a_record_is_read_with_nulls_defaults_and_stamps(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    new = api.post("sobjects/Case", json={"subject": "lower-case name"}).json()["id"]

    shown = api.get(f"sobjects/Case/{new[:15]}").json()

    assert shown["attributes"]["url"] == f"/services/data/v67.0/sobjects/Case/{new}"
    assert (shown["Subject"], shown["Status"], shown["Origin"]) == ("lower-case name", "New", None)
    assert shown["CaseNumber"] == "00001001"
    assert shown["CreatedDate"] == "2026-11-23T09:55:12.000+0000"
    assert shown["LastModifiedById"] == sim.org.integration_user


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("Subject", "  two words \t", "two words"),
        ("Subject", "two\nlines", "two lines"),
        ("Subject", "   ", None),
        ("Subject", "", None),
        ("Description", " a\nb\r\nc  \n", " a\r\nb\r\nc"),
        ("CSAT__c", "4.5", 4.5),
        ("Jira_Due__c", "2026-12-01", "2026-12-01"),
        ("Bridge_Synced__c", "2026-11-23T10:55:12.987+0100", "2026-11-23T09:55:12.987+0000"),
        ("Origin", "Carrier pigeon", "Carrier pigeon"),  # an unrestricted picklist takes anything
        ("Severity__c", None, None),
    ],
)
def test_values_are_kept_as_the_vendor_keeps_them(
    api: TestClient, field: str, sent: Any, kept: Any
) -> None:
    new = api.post("sobjects/Case", json={field: sent}).json()["id"]

    assert api.get(f"sobjects/Case/{new}", params={"fields": field}).json()[field] == kept


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Nothing__c": "x"}, "INVALID_FIELD"),
        ({"CaseNumber": "7"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"SystemModstamp": "2026-11-23T09:55:12Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Subject": "x" * 256}, "STRING_TOO_LONG"),
        ({"Subject": "\N{PILE OF POO}" * 128}, "STRING_TOO_LONG"),
        ({"Description": "x" * 32_001}, "STRING_TOO_LONG"),
        ({"Severity__c": "Apocalyptic"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"AccountId": "nobody"}, "MALFORMED_ID"),
        ({"AccountId": ABSENT_CASE}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"ParentId": ABSENT_CASE}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"SuppliedEmail": "not an address"}, "INVALID_EMAIL_ADDRESS"),
        ({"Send_To_Engineering__c": "yes"}, "JSON_PARSER_ERROR"),
        ({"Send_To_Engineering__c": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"CSAT__c": "good"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"CSAT__c": True}, "JSON_PARSER_ERROR"),
        ({"Subject": 12}, "JSON_PARSER_ERROR"),
        ({"Subject": {"text": "x"}}, "JSON_PARSER_ERROR"),
        ({"Jira_Due__c": "01.12.2026"}, "JSON_PARSER_ERROR"),
        ({"Bridge_Synced__c": "2026-11-23T10:55:12"}, "JSON_PARSER_ERROR"),
        ({"Account": {"Customer_Number__c": "none"}}, "INVALID_FIELD"),
        ({"Account": {"Name": "Acme"}}, "INVALID_FIELD"),
        ([{"Subject": "a list"}], "JSON_PARSER_ERROR"),
    ],
)
def test_a_wrong_body_is_refused_and_nothing_is_made(
    sim: SalesforceSimulator, api: TestClient, body: Any, code: str
) -> None:
    answer = api.post("sobjects/Case", json=body)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert answer.json()[0]["message"]
    assert sim.records("Case") == []


def test_required_fields_are_named(api: TestClient) -> None:
    answer = api.post("sobjects/CaseComment", json={"CommentBody": "orphan"})

    assert answer.status_code == 400
    assert answer.json() == [
        {
            "message": "Required fields are missing: [ParentId]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["ParentId"],
        }
    ]


def test_a_comment_is_measured_in_bytes(sim: SalesforceSimulator, api: TestClient) -> None:
    case = sim.create_case(Subject="x")

    fits = api.post("sobjects/CaseComment", json={"ParentId": case, "CommentBody": "é" * 2000})
    too_long = api.post("sobjects/CaseComment", json={"ParentId": case, "CommentBody": "é" * 2001})

    assert fits.status_code == 201
    assert too_long.json()[0]["errorCode"] == "STRING_TOO_LONG"
    assert [each["CommentBody"] for each in sim.case_comments(case)] == ["é" * 2000]


def test_broken_json_and_other_content_are_refused(api: TestClient) -> None:
    json_type = {"content-type": "application/json"}
    broken = api.post("sobjects/Case", content=b'{"Subject": ', headers=json_type)
    constant = api.post("sobjects/Case", content=b'{"CSAT__c": NaN}', headers=json_type)
    form = api.post("sobjects/Case", data={"Subject": "x"})

    assert broken.json()[0]["errorCode"] == "JSON_PARSER_ERROR"
    assert constant.json()[0]["errorCode"] == "JSON_PARSER_ERROR"
    assert form.status_code == 415


def test_an_update_answers_nothing_and_moves_the_stamps(
    sim: SalesforceSimulator, api: TestClient, clock: StillClock
) -> None:
    case = sim.create_case(Subject="x")
    clock.pass_(2)

    answer = api.patch(f"sobjects/Case/{case}", json={"Subject": "x"})

    shown = sim.record("Case", case)
    assert (answer.status_code, answer.content) == (204, b"")
    assert shown["SystemModstamp"] == "2026-11-23T09:55:14.000+0000"
    assert shown["CreatedDate"] == "2026-11-23T09:55:12.000+0000"
    assert shown["LastModifiedById"] == sim.org.integration_user
    assert shown["CreatedById"] == sim.org.person


def test_stamps_are_as_coarse_as_a_scaled_second(
    sim: SalesforceSimulator, clock: StillClock
) -> None:
    clock.pass_(0.0014)
    case = sim.create_case(Subject="x")

    assert sim.record("Case", case)["SystemModstamp"] == "2026-11-23T09:55:12.001+0000"


def test_a_required_field_cannot_be_emptied(sim: SalesforceSimulator, api: TestClient) -> None:
    account = sim.create("Account", Name="Acme")

    answer = api.patch(f"sobjects/Account/{account}", json={"Name": " "})

    assert answer.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


@pytest.mark.parametrize(
    ("record", "status", "code"),
    [
        (ABSENT_CASE, 404, "NOT_FOUND"),
        ("nonsense", 400, "MALFORMED_ID"),
        ("001Hs0000000001AAA", 400, "MALFORMED_ID"),  # another object's prefix
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_record_that_is_not_there(
    api: TestClient, method: str, record: str, status: int, code: str
) -> None:
    body = {"Subject": "x"} if method == "PATCH" else None

    answer = api.request(method, f"sobjects/Case/{record}", json=body)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_a_deleted_record_says_so_until_it_is_undeleted(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    case = sim.create_case(Subject="x")

    deleted = api.delete(f"sobjects/Case/{case}")
    gone = api.patch(f"sobjects/Case/{case}", json={"Subject": "y"})
    sim.undelete("Case", case)
    back = api.patch(f"sobjects/Case/{case}", json={"Subject": "y"})

    assert deleted.status_code == 204
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    assert back.status_code == 204


def test_a_reference_to_a_deleted_record_is_refused(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    account = sim.create("Account", Name="Acme")
    sim.delete("Account", account)

    answer = api.post("sobjects/Case", json={"AccountId": account})

    assert answer.json()[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_a_parent_is_found_by_its_external_id_and_a_record_type_by_its_name(
    sim: SalesforceSimulator, api: TestClient
) -> None:
    account = sim.create("Account", Name="Acme", Customer_Number__c="K-7")
    parents = {"Account": {"Customer_Number__c": "k-7"}, "RecordType": {"Name": "Feedback"}}

    case = api.post("sobjects/Case", json=parents).json()["id"]

    query = "SELECT Id, AccountId, RecordType.Name FROM Case"
    row = api.get("query", params={"q": query}).json()["records"][0]
    assert (row["Id"], row["AccountId"]) == (case, account)
    assert row["RecordType"]["Name"] == "Feedback"


def test_a_closed_status_closes_the_case(sim: SalesforceSimulator, api: TestClient) -> None:
    case = sim.create_case(Subject="x")

    api.patch(f"sobjects/Case/{case}", json={"Status": "Closed"})
    closed = sim.record("Case", case)
    api.patch(f"sobjects/Case/{case}", json={"Status": "Working"})

    assert (closed["IsClosed"], closed["ClosedDate"]) == (True, "2026-11-23T09:55:12.000+0000")
    assert sim.record("Case", case)["IsClosed"] is False


def test_an_optimistic_lock_holds(
    sim: SalesforceSimulator, api: TestClient, clock: StillClock
) -> None:
    case = sim.create_case(Subject="x")
    seen = api.get(f"sobjects/Case/{case}").headers["last-modified"]
    clock.pass_(5)
    sim.edit("Case", case, Subject="newer")

    late = api.patch(
        f"sobjects/Case/{case}", json={"Subject": "older"}, headers={"If-Unmodified-Since": seen}
    )

    assert late.status_code == 412
    assert sim.record("Case", case)["Subject"] == "newer"


def test_unknown_objects_paths_and_methods(api: TestClient) -> None:
    assert api.post("sobjects/Widget__c", json={}).status_code == 404
    assert api.get("tooling/whatever").status_code == 404
    assert api.get("sobjects/Widget__c/describe").json()[0]["errorCode"] == "NOT_FOUND"
    assert api.put("sobjects/Case", json={}).status_code == 405


def test_describe_tells_what_a_mapping_must_know(api: TestClient) -> None:
    described = api.get("sobjects/Case/describe").json()

    fields = {each["name"]: each for each in described["fields"]}
    key, severity = fields["Bridge_Key__c"], fields["Severity__c"]
    assert (key["externalId"], key["unique"], key["caseSensitive"]) == (True, True, False)
    assert (severity["type"], severity["restrictedPicklist"]) == ("picklist", True)
    assert [each["value"] for each in severity["picklistValues"]][:2] == ["Critical", "High"]
    assert (fields["Subject"]["length"], fields["CaseNumber"]["updateable"]) == (255, False)
    assert fields["AccountId"]["referenceTo"] == ["Account"]
    assert [each["name"] for each in described["recordTypeInfos"]] == [
        "Feedback", "Support", "Incident",
    ]  # fmt: skip


def test_what_is_below_a_record_goes_along_when_it_is_merged(sim: SalesforceSimulator) -> None:
    kept, lost = sim.create_case(Subject="Stays"), sim.create_case(Subject="Goes")
    sim.comment(lost, "hello", published=True)
    gone = sim.comment(lost, "wrong", published=True)
    sim.delete("CaseComment", gone)

    sim.merge("Case", lost, into=kept)

    assert sim.record("Case", lost)["MasterRecordId"] == kept
    assert [each["CommentBody"] for each in sim.case_comments(kept)] == ["hello"]
    assert sim.case_comments(lost) == []
