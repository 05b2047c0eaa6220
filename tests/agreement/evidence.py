"""What there is to see when everything has calmed down: the vendors' own state, and our books."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from agreement.deeds import JIRA, SALESFORCE, TEXTS, Pair
from agreement.oracle import SAME_TIME
from agreement.people import PRIORITIES, SEVERITIES, People
from bridge.outbox.tables import DeliveryRow, HoldRow
from bridge.process import Bridge

CASE_FIELDS = {"Subject": "title", "Description": "body", "Severity__c": "severity"}
CASE_FIELDS |= {"Promised_Date__c": "due"}
ISSUE_FIELDS = {"summary": "title", "description": "body", "priority": "severity"}
ISSUE_FIELDS |= {"duedate": "due"}
BOARD = {"Jira_Status__c": "status", "Jira_Due__c": "due", "Jira_Done__c": "done"}
_NEVER = datetime.min.replace(tzinfo=UTC)
_SEVERITY = {word: name for name, word in SEVERITIES.items()}
_PRIORITY = {word: name for name, word in PRIORITIES.items()}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One pair at both vendors, in canonical words.

    made     how many issues were ever made of the case, deleted ones too
    writes   how often Bridge changed a field at either vendor
    """

    case: Mapping[str, Any] | None
    issue: Mapping[str, Any] | None
    board: Mapping[str, Any]
    made: int
    writes: Counter[str]


@dataclass(frozen=True, kw_only=True)
class Write:
    """What Bridge has changed of a record. A write of Salesforce that changed nothing is one too."""

    at: datetime
    field: str  # in canonical words; empty: none that a sync carries
    value: Any  # in the vendor's words


def look(people: People, pair: Pair) -> Seen:
    """Ask the vendors."""
    row = people.world.there.org.record("Case", pair.case)
    issue = people.issue(pair)
    return Seen(
        case=None if row["IsDeleted"] else _case(row),
        issue=None if issue is None else _issue(issue),
        board={name: row[column] for column, name in BOARD.items()} | {"key": row["Jira_Key__c"]},
        made=_made(people, pair),
        writes=Counter(one.field for one in (*_at_case(people, pair), *_at_issue(people, pair))),
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


def repeated(people: People, pair: Pair) -> Iterator[tuple[str, str]]:
    """Texts that Bridge has written twice at one end, or where somebody had written them, by their fields."""
    there = {(side, name, words(text)) for side, name, text in pair.texts}
    for side, writes in ((SALESFORCE, _at_case(people, pair)), (JIRA, _at_issue(people, pair))):
        texts = Counter((one.field, words(one.value)) for one in writes if one.field in TEXTS)
        yield from (one for one, times in texts.items() if times > 1 or (side, *one) in there)


def touched(people: People, pair: Pair, name: str) -> dict[str, datetime]:
    """By side when its record last changed, as its vendor tells, before we wrote this field at the
    other: also by ourselves, in another field."""
    sides = {SALESFORCE: _at_case(people, pair), JIRA: _at_issue(people, pair)}
    ours = {
        side: max((one.at for one in writes if one.field == name), default=None)
        for side, writes in sides.items()
    }
    found = dict(pair.touched)
    times = {side: [one.at for one in writes] for side, writes in sides.items()}
    times[JIRA] += _commented(people, pair)
    for side in sides:
        written = ours[JIRA if side == SALESFORCE else SALESFORCE]
        before = (at for at in times[side] if written is not None and at <= written + SAME_TIME)
        found[side] = max((found[side], *before)) if side in found else max(before, default=_NEVER)
    return found


def _at_case(people: People, pair: Pair) -> list[Write]:
    org = people.world.there.org
    return [
        Write(at=change.at, field=CASE_FIELDS.get(name, ""), value=change.after.get(name))
        for change in org.journal
        if change.by == org.org.integration_user and change.id == pair.case
        for name in change.changed or ("",)
    ]


def _at_issue(people: People, pair: Pair) -> list[Write]:
    site, issue = people.site(pair), people.issue(pair)
    if issue is None:
        return []
    return [
        Write(
            at=datetime.fromisoformat(entry["created"]),
            field=ISSUE_FIELDS.get(one["fieldId"], ""),
            value=one["toString"],
        )
        for entry in site.site.state.issue(issue["key"]).histories
        if entry["author"]["displayName"] == site.site.state.bot.display
        for one in entry["items"]
    ]


def _commented(people: People, pair: Pair) -> Iterator[datetime]:
    """When Bridge has said something on an issue, which is no entry of its changelog."""
    site, issue = people.site(pair), people.issue(pair)
    if issue is not None:
        there = site.site.state.issue(issue["key"])
        ours = [one for one in there.comments.values() if one.editor == site.site.state.bot]
        yield from (at for one in ours for at in (one.created, one.updated))
        yield there.values["updated"]  # perhaps as one was taken back


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
