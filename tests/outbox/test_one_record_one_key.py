"""Writes of one record share a key however they address it, or their order would not be held."""

from typing import Any

import pytest

from bridge.connectors.registry import actions
from bridge.outbox.arming import arm
from outbox.stand import Stand

CASE = "salesforce:Case:500Wq00000KfLmNIAV"
ISSUE = "jira:issue:10231"


@pytest.mark.parametrize(
    "address", [CASE, "500Wq00000KfLmNIAV", "500Wq00000KfLmN"], ids=["ref", "id", "short id"]
)
@pytest.mark.parametrize(
    ("kind", "target", "args"),
    [
        ("salesforce.update_record", "record", {"object": "Case", "fields": {"Subject": "x"}}),
        ("salesforce.add_case_comment", "case", {"body": "x"}),
    ],
)
def test_a_record_of_salesforce(
    stand: Stand, kind: str, target: str, args: dict[str, Any], address: str
) -> None:
    row = stand.row(kind, {**args, target: address}, connection="salesforce", ordering_key="")

    arm(row, {}, actions(), bulk=True)

    assert row.ordering_key == f"salesforce|{CASE}"


@pytest.mark.parametrize("address", [ISSUE, "10231"], ids=["ref", "id"])
@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("jira.update_issue", {"summary": "x"}),
        ("jira.transition_issue", {"to": "Done"}),
        ("jira.add_comment", {"body": "x"}),
        ("jira.link_remote", {"url": "https://example.com", "title": "x"}),
    ],
)
def test_an_issue_of_jira(stand: Stand, kind: str, args: dict[str, Any], address: str) -> None:
    row = stand.row(kind, {**args, "issue": address}, connection="jira", ordering_key="")

    arm(row, {}, actions(), bulk=True)

    assert row.ordering_key == f"jira|{ISSUE}"


def test_what_people_call_an_issue_is_an_address_of_its_own(stand: Stand) -> None:
    args = {"issue": "ENG-12", "summary": "x"}
    row = stand.row("jira.update_issue", args, connection="jira", ordering_key="")

    arm(row, {}, actions(), bulk=True)

    assert row.ordering_key == "jira|ENG-12"
