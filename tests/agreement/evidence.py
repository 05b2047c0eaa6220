"""What there is to see when everything has calmed down: the vendors' own state, and our books."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from agreement.deeds import Pair
from agreement.people import PRIORITIES, SEVERITIES, People
from bridge.app import Bridge
from bridge.connectors.salesforce.simulator.change import Act
from bridge.outbox.tables import DeliveryRow, HoldRow

CASE_FIELDS = {"Subject": "title", "Description": "body", "Severity__c": "severity"}
CASE_FIELDS |= {"Promised_Date__c": "due"}
ISSUE_FIELDS = {"summary": "title", "description": "body", "priority": "severity"}
ISSUE_FIELDS |= {"duedate": "due"}
BOARD = {"Jira_Status__c": "status", "Jira_Due__c": "due", "Jira_Done__c": "done"}
_SEVERITY = {word: name for name, word in SEVERITIES.items()}
_PRIORITY = {word: name for name, word in PRIORITIES.items()}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One pair at both vendors, in canonical words.

    made     how many issues were ever made of the case, deleted ones too
    writes   how often Bridge changed a field at either vendor
    cards    how many cards name the issue
    """

    case: Mapping[str, Any] | None
    issue: Mapping[str, Any] | None
    board: Mapping[str, Any]
    made: int
    writes: Counter[str]
    cards: int


def look(people: People, pair: Pair) -> Seen:
    """Ask the vendors."""
    row = people.world.there.org.record("Case", pair.case)
    issue = people.issue(pair)
    return Seen(
        case=None if row["IsDeleted"] else _case(row),
        issue=None if issue is None else _issue(issue),
        board={name: row[column] for column, name in BOARD.items()} | {"key": row["Jira_Key__c"]},
        made=_made(people, pair),
        writes=_at_org(people, pair) + _at_site(people, pair),
        cards=0 if issue is None else _cards(people, pair),
    )


def words(text: str | None) -> str:
    """What a text says, whatever its markup: no word may be lost or made up on the way."""
    return " ".join(re.findall(r"\w+", text or ""))


def _case(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": row["Subject"],
        "body": words(row["Description"]),
        "severity": _SEVERITY.get(row["Severity__c"]),
        "due": row["Promised_Date__c"],
    }


def _issue(issue: Mapping[str, Any]) -> dict[str, Any]:
    fields = issue["fields"]
    return {
        "key": issue["key"],
        "title": fields["summary"],
        "body": words(fields["description"]),
        "severity": _PRIORITY.get(fields["priority"]["name"]),
        "due": fields["duedate"],
        "status": fields["status"]["statusCategory"]["key"],
    }


def _made(people: People, pair: Pair) -> int:
    return sum(
        event == "jira:issue_created" and _is_of(pair, body["issue"]["fields"]["summary"])
        for site in people.world.there.sites.values()
        for event, body in site.events
    )


def _at_org(people: People, pair: Pair) -> Counter[str]:
    """Writes that changed nothing are none."""
    org, found = people.world.there.org, Counter[str]()
    for change in org.journal:
        ours = change.by == org.org.integration_user and change.act is Act.UPDATED
        if ours and change.id == pair.case:
            found.update(CASE_FIELDS[one] for one in change.changed if one in CASE_FIELDS)
            found["board"] += bool(change.changed & BOARD.keys())
    return found


def _at_site(people: People, pair: Pair) -> Counter[str]:
    site, issue, found = people.site(pair), people.issue(pair), Counter[str]()
    if issue is None:
        return found
    for entry in site.site.state.issue(issue["key"]).histories:
        if entry["author"]["displayName"] == site.site.state.bot.display:
            names = [item["fieldId"] for item in entry["items"]]
            found.update(ISSUE_FIELDS[one] for one in names if one in ISSUE_FIELDS)
    return found


def _cards(people: People, pair: Pair) -> int:
    return sum(card.title == f"New: {pair.name}" for card in people.world.there.team.cards())


def _is_of(pair: Pair, title: str) -> bool:
    return title.partition(" ")[0] == pair.name


def deliveries(bridge: Bridge, states: Collection[str]) -> Sequence[DeliveryRow]:
    """Those in one of these states, oldest first."""
    query = select(DeliveryRow).where(DeliveryRow.state.in_(states)).order_by(DeliveryRow.seq)
    with bridge.database.reading() as session:
        return session.scalars(query).all()


def conflicts(bridge: Bridge) -> Sequence[HoldRow]:
    """The questions that are open."""
    query = select(HoldRow).where(HoldRow.kind == "conflict", HoldRow.state == "open")
    with bridge.database.reading() as session:
        return session.scalars(query).all()


def asked(people: People, pair: Pair) -> list[str]:
    """The open questions about a pair, by the hold's id."""
    bridge, refs = people.world.running, set(people.refs(pair).values())
    held = {row.hold_id for row in deliveries(bridge, ["held"]) if row.target_ref in refs}
    return [one.id for one in conflicts(bridge) if one.id in held]
