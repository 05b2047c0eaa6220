"""Each fact by all its ways is one event and one write, in whatever order the ways arrive."""

from itertools import permutations

import orjson
import pytest

from bridge.db import Database
from clocks import FakeClock
from connectors.jira import harbour
from connectors.salesforce import org
from pipeline import real
from pipeline.town import Town

CASE = {
    "Id": org.CASE,
    "CaseNumber": "00004711",
    "Subject": "Router reboots",
    "RecordType": {"Name": "Feedback"},
    "SystemModstamp": "2026-11-23T08:41:07+00:00",
}
WAYS = {"webhook": real.webhook, "second registration": real.webhook, "automation": real.automation}


@pytest.fixture
def town(database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Town:
    for name, value in {**harbour.SECRETS, **org.SECRETS}.items():
        monkeypatch.setenv(name, value)
    return real.town(database, clock)


@pytest.mark.parametrize("order", list(permutations(WAYS)), ids=" then ".join)
def test_a_moved_issue_is_told_once(town: Town, order: tuple[str, ...]) -> None:
    town.receive("jira", orjson.dumps(real.before()))
    town.settle()

    told = [town.receive("jira", orjson.dumps(WAYS[way]())) for way in order]
    town.settle()
    town.read_again(*told)

    moved = [
        row for row in town.events("work_item") if row.changes and row.kind.endswith("updated")
    ]
    assert [[change["field"] for change in row.changes] for row in moved] == [
        ["assignee", "status", "status_name"]
    ]
    assert len(town.events("work_item")) == 2
    assert town.vendors["jira"].calls.count("add_comment") == 1
    assert [row.state for row in town.deliveries("moved")] == ["succeeded"]


@pytest.mark.parametrize("order", list(permutations(WAYS)), ids=" then ".join)
def test_all_ways_in_one_batch_are_told_once(town: Town, order: tuple[str, ...]) -> None:
    town.receive("jira", orjson.dumps(real.before()))
    for way in order:
        town.receive("jira", orjson.dumps(WAYS[way]()))

    town.settle()

    assert town.vendors["jira"].calls.count("add_comment") == 1


@pytest.mark.parametrize(
    "order",
    list(
        permutations(
            ["dc_issue_updated__commented", "dc_comment_created__no_issue", "comment_created"]
        )
    ),
    ids=" then ".join,
)
def test_data_centers_two_events_of_a_comment_are_one_comment(
    town: Town, order: tuple[str, ...]
) -> None:
    told = [town.receive("jira", orjson.dumps(harbour.sample(name))) for name in order]
    town.settle()
    town.read_again(*told)

    assert [row.kind for row in town.events("comment")] == ["comment.created"]
    assert town.vendors["jira"].calls.count("add_comment") == 1


@pytest.mark.parametrize("first", ["outbound message", "callout"])
@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
def test_a_case_that_is_told_by_message_and_by_callout_is_written_once(
    town: Town, first: str, together: bool
) -> None:
    crm = town.vendors["salesforce"]
    crm.records["Case"][org.CASE] = dict(CASE)
    ways = [org.sample("outbound_message__two_cases.xml"), org.sample("callout__created.json")]

    told = []
    for body in ways if first == "outbound message" else ways[::-1]:
        told.append(town.receive("salesforce", body))
        if not together:
            town.settle()
    town.settle()
    town.read_again(*told)

    about = [row for row in town.events("feedback") if row.subject == f"salesforce:Case:{org.CASE}"]
    assert [row.kind for row in about] == ["feedback.created"]
    assert len(crm.options) == 1
    assert crm.records["Case"][org.CASE]["Jira_Status__c"] == "Planned"
