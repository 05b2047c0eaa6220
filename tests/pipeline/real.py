"""A town of the real connectors, with vendors that remember: Jira and Salesforce."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors import jira, salesforce
from bridge.connectors.contract import Reader, Snapshot
from bridge.db import Database
from clocks import FakeClock
from connectors.jira import harbour
from connectors.jira.fake import FakeJira
from connectors.salesforce import org
from connectors.salesforce.fake import FakeSalesforce
from pipeline.town import Town

ISSUE = "20417"
ROOT = Path(__file__).parents[2]
RULES = """
version: 1
rules:
  - id: moved
    description: A move is noted.
    when: work_item.updated
    if: changed.status
    do: [{jira.add_comment: {body: "is now ${work_item.status_name}"}}]
    tests: [{name: t, given: {event: work_item.updated}, expect: []}]
  - id: heard
    description: A comment is answered.
    when: comment.created
    do: [{jira.add_comment: {issue: "${comment.parent}", body: heard}}]
    tests: [{name: t, given: {event: comment.updated}, expect: []}]
  - id: planned
    description: Feedback is planned.
    when: [feedback.created, feedback.updated]
    do: [{salesforce.update_record: {object: Case, fields: {Jira_Status__c: Planned}}}]
    tests: [{name: t, given: {event: feedback.deleted}, expect: []}]
"""
SOURCE = "sources/jira.yaml", "sources/salesforce.yaml"


def town(database: Database, clock: FakeClock) -> Town:
    """With the shipped sources, and a rule for each kind of fact."""
    site, crm = harbour.settings_of(), org.settings_of()
    tracker = FakeJira(site)
    tracker.plant(ISSUE, "HBR-9")
    holds = FakeSalesforce(crm)
    reader: Reader[Any] = Reader(**{**vars(salesforce.CONNECTOR.reader), "read": _read})
    made = Town(
        database=database,
        clock=clock,
        vendors={"jira": tracker, "salesforce": holds},
        connectors={
            "jira": jira.CONNECTOR,
            "salesforce": replace(salesforce.CONNECTOR, reader=reader),
        },
        settings={"jira": site, "salesforce": crm},
    )
    files = {name: (ROOT / "mappings" / name).read_text() for name in SOURCE}
    made.activate_unread(
        made.world.sets.compile({**files, "rules/r.yaml": RULES}).hash,
        {**files, "rules/r.yaml": RULES},
    )
    return made


def _read(
    client: FakeSalesforce, connection: str, object_: str, ids: Sequence[str], _: Sequence[str]
) -> Sequence[Snapshot]:
    """Records as the org holds them now."""
    return [
        _shown(connection, object_, one, client.records[object_][one])
        for one in ids
        if one in client.records[object_]
    ]


def _shown(connection: str, object_: str, number: str, row: Mapping[str, Any]) -> Snapshot:
    stamp = datetime.fromisoformat(row["SystemModstamp"])
    return Snapshot(
        object=object_,
        ref=Ref(connection, object_, number),
        act=Act.SEEN,
        occurred_at=stamp,
        fields=row,
        stamp=stamp,
        version=stamp.isoformat(),
    )


def webhook() -> dict[str, Any]:
    """The issue went to Building, as Jira's own webhook tells it."""
    found: dict[str, Any] = harbour.sample("issue_updated__status")
    return found


def automation() -> dict[str, Any]:
    """The same, as an Automation that sends the issue tells it."""
    issue: dict[str, Any] = webhook()["issue"]
    return issue


def before() -> dict[str, Any]:
    """The issue as it was a minute earlier, in the backlog and nobody's."""
    issue: dict[str, Any] = orjson.loads(orjson.dumps(automation()))
    issue["fields"] |= {
        "status": {"id": "10300", "name": "Backlog", "statusCategory": {"key": "new"}},
        "assignee": None,
        "updated": "2026-11-19T10:29:45.120+0100",
    }
    return issue
