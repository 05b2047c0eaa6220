"""What there is to see when a round is over: at the vendors, and in the database."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import select

from bridge.alerts.store import to_tell
from bridge.connectors.simulation.sender import Webhook
from bridge.db import Database
from bridge.inbox.tables import MessageRow, MessageState
from bridge.outbox import agreement
from bridge.outbox.tables import OPEN, DeliveryRow, FollowUpRow, OrderingKeyRow, State
from chaos.people import COLUMNS, TITLE, number_of
from chaos.town import Town


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write of ours at a vendor: a number that only ever grows, and when."""

    number: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue that we made: of which case, where it stands, and the titles we wrote to it."""

    key: str
    case: str
    kind: str
    due: int
    heard_due: int  # the newest that a webhook told as a change, and Jira did not give up to tell
    column: int
    heard_column: int
    title: int
    titles: Sequence[Write]
    made: datetime


@dataclass(frozen=True, kw_only=True)
class Board:
    """A case as it is now, and what we wrote to it."""

    key: str
    due: int
    column: int
    box: bool
    problem: str
    dues: Sequence[Write]
    columns: Sequence[Write]


@dataclass(frozen=True, kw_only=True)
class Books:
    """Our own: what is not over, and what does not fit together."""

    left: Sequence[str] = ()
    dead: Sequence[str] = ()
    unread: Sequence[str] = ()
    leases: Sequence[str] = ()
    disagreeing: Sequence[str] = ()
    idle_but_due: Sequence[str] = ()
    owed: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """`cards` counts by channel and issue's key; `doubtful` are those whose delivery says so."""

    issues: Sequence[Issue]
    boards: Mapping[str, Board]  # by the case's id
    heard: frozenset[
        str
    ]  # keys of issues whose creation Jira has told, and did not give up to tell
    cards: Counter[tuple[str, str]]
    doubtful: frozenset[tuple[str, str]]
    books: Books = field(default_factory=Books)


def gather(town: Town) -> Evidence:
    """Ask the simulators, then the database."""
    heard = told(town)
    keys = [str(one["key"]) for one in town.there.jira.issues()]
    return Evidence(
        issues=_issues(town, heard),
        boards=_boards(town),
        heard=heard.made,
        cards=_cards(town, keys),
        doubtful=_doubtful(town, keys),
        books=books(town.database),
    )


def books(database: Database) -> Books:
    """What our own tables say."""
    queued = (State.PENDING, State.IN_FLIGHT)
    with database.reading() as session:
        rows = list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.seq)))
        keys = list(session.scalars(select(OrderingKeyRow)))
        messages = list(session.scalars(select(MessageRow)))
        busy = {row.ordering_key for row in rows if row.state in queued}
        return Books(
            left=[
                *(_said(row) for row in rows if row.state in OPEN),
                *[f"{to_tell(session)} alerts are to be told"] * bool(to_tell(session)),
            ],
            dead=[_said(row) for row in rows if row.state == State.DEAD],
            unread=[
                f"{row.id} {row.state}: {row.reason}"
                for row in messages
                if row.state in {MessageState.PENDING, MessageState.BAD}
            ],
            leases=[
                *(row.key for row in keys if row.leased_until),
                *(row.id for row in messages if row.leased_until),
            ],
            disagreeing=agreement.disagreeing(session),
            idle_but_due=[row.key for row in keys if row.due_at and row.key not in busy],
            owed=list(session.scalars(select(FollowUpRow.delivery_id))),
        )


def _said(row: DeliveryRow) -> str:
    return f"{row.id} {row.action} {row.state} after {row.tries} tries: {row.reason}"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the webhooks told that reached us: creations, and the newest of what they said had changed."""

    made: frozenset[str]  # keys
    dues: Mapping[str, int]  # by the issue's id
    columns: Mapping[str, int]


def told(town: Town) -> Told:
    """What Jira gave up to tell is not asked of us: no webhook brings it again."""
    sim = town.there.jira
    given_up = Counter(_body(one) for one in sim.site.hooks.sender.lost)
    made, dues, columns = set[str](), Counter[str](), Counter[str]()
    for event, body in sim.events:
        if "issue" not in body or given_up[orjson.dumps(body)]:
            continue
        issue = body["issue"]
        moved = {item["field"] for item in body.get("changelog", {}).get("items", ())}
        if event == "jira:issue_created":
            made.add(str(issue["key"]))
        if "duedate" in moved:
            dues[issue["id"]] = max(dues[issue["id"]], number_of(issue["fields"]["duedate"]))
        if "status" in moved:
            columns[issue["id"]] = max(columns[issue["id"]], _column(issue["fields"]))
    return Told(made=frozenset(made), dues=dues, columns=columns)


def _issues(town: Town, heard: Told) -> list[Issue]:
    made = []
    for one in town.there.jira.issues():
        found = TITLE.search(one["fields"]["summary"])
        if found is None:
            continue
        fields, ident = one["fields"], str(one["id"])
        made.append(
            Issue(
                key=one["key"],
                case=found[1],
                kind=fields["issuetype"]["name"],
                due=number_of(fields["duedate"]),
                heard_due=heard.dues.get(ident, 0),
                column=_column(fields),
                heard_column=heard.columns.get(ident, 0),
                title=int(found[2]),
                titles=_titles(town, ident),
                made=datetime.fromisoformat(fields["created"]),
            )
        )
    return made


def _body(webhook: Webhook) -> bytes:
    return orjson.dumps(orjson.loads(webhook.body)) if webhook.body else b""


def _column(fields: Mapping[str, object]) -> int:
    status = fields["status"]
    assert isinstance(status, Mapping)
    return {"new": 0, "indeterminate": 1, "done": 2}[status["statusCategory"]["key"]]


def _titles(town: Town, ident: str) -> list[Write]:
    issue = town.there.jira.site.state.issue(ident)
    return [
        Write(number=int(found[2]), at=datetime.fromisoformat(entry["created"]))
        for entry in list(issue.histories)
        for item in entry["items"]
        if item["field"] == "summary" and (found := TITLE.search(item["toString"]))
    ]


def _boards(town: Town) -> dict[str, Board]:
    sim = town.there.salesforce
    dues: dict[str, list[Write]] = {}
    columns: dict[str, list[Write]] = {}
    for change in sim.journal:
        if change.object != "Case" or change.by != sim.org.integration_user:
            continue
        after = change.after
        if "Jira_Due__c" in change.changed:
            write = Write(number=number_of(str(after["Jira_Due__c"] or "")), at=change.at)
            dues.setdefault(change.id, []).append(write)
        if after["Jira_Status__c"] in COLUMNS and "Jira_Status__c" in change.changed:
            write = Write(number=COLUMNS.index(after["Jira_Status__c"]), at=change.at)
            columns.setdefault(change.id, []).append(write)
    return {
        row["Id"]: Board(
            key=row["Jira_Key__c"] or "",
            due=number_of(row["Jira_Due__c"]),
            column=COLUMNS.index(row["Jira_Status__c"]) if row["Jira_Status__c"] else 0,
            box=bool(row["Send_To_Engineering__c"]),
            problem=row["Bridge_Problem__c"] or "",
            dues=dues.get(row["Id"], []),
            columns=columns.get(row["Id"], []),
        )
        for row in sim.records("Case")
    }


def _cards(town: Town, keys: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(
        (card.channel, key)
        for card in town.there.teams.cards()
        for key in keys
        if _names(" ".join((card.title, *card.texts)), key)
    )


def _doubtful(town: Town, keys: Sequence[str]) -> frozenset[tuple[str, str]]:
    with town.database.reading() as session:
        rows = list(session.scalars(select(DeliveryRow).where(DeliveryRow.uncertain)))
    return frozenset(
        (row.args["channel"], key)
        for row in rows
        if "channel" in row.args
        for key in keys
        if _names(str(row.args), key)
    )


def _names(text: str, key: str) -> bool:
    """Whether a text names an issue: ENG-1 is not named by ENG-12."""
    return any(word.strip(".,:;'\"()/").split("/")[-1] == key for word in text.split())
