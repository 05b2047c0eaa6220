"""A past at a Jira site, long before anybody told Bridge of it, and whether all of it came in, once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from typing_extensions import override

from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.jira.simulator.state import Issue
from bridge.db import Database
from bridge.inbox.tables import BackfillRecordRow, BackfillRow, MessageRow, MessageState
from bridge.ledger.tables import ChangeRow, EventRow, RecordRow
from bridge.outbox.tables import DeliveryRow

BEHIND = timedelta(days=90)
APART = timedelta(seconds=7)  # between two acts of that time
PEOPLE = ("dana", "ivo", "mei")
COLUMNS = ("In Progress", "In Review", "Done")
OLD = "Old"  # so the titles begin
SHOWN = 20  # of what is wrong


class EarlyClock(SystemClock):
    """So long behind."""

    def __init__(self, behind: timedelta) -> None:
        self.behind = behind

    @override
    def now(self) -> Any:
        return super().now() - self.behind


@contextmanager
def long_ago(jira: JiraSimulator, behind: timedelta = BEHIND) -> Iterator[EarlyClock]:
    """What is done in the block was done so long ago, and nobody was told; the block may move on."""
    state, told = jira.site.state, jira.webhook_url
    clock, early = state.clock, EarlyClock(behind)
    state.clock, jira.webhook_url = early, None
    try:
        yield early
    finally:
        state.clock, jira.webhook_url = clock, told


def fill(jira: JiraSimulator, issues: int, *, seed: int) -> None:
    """So many issues, each with up to four changes of its own."""
    random = Random(seed)
    with long_ago(jira) as clock:
        for number in range(issues):
            key = jira.create_issue(f"{OLD} {number}", by=random.choice(PEOPLE))
            for _ in range(random.randrange(5)):
                clock.behind -= APART / 1_000  # so that no two stamps are one
                _change(jira, key, random)


def _change(jira: JiraSimulator, key: str, random: Random) -> None:
    by = random.choice(PEOPLE)
    if random.random() < 0.5:
        jira.set_due(key, f"2027-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}", by=by)
        return
    wanted = random.choice(COLUMNS)
    if jira.status(key) != wanted:
        jira.transition(key, wanted, by=by)


def wrong(database: Database, jira: JiraSimulator) -> list[str]:
    """What is missing, what is there twice, and what should not be there at all."""
    old = {
        f"jira:issue:{one.id}": one
        for one in jira.site.state.issues.values()
        if one.values["summary"].startswith(OLD)
    }
    with database.reading() as session:
        told = Counter(
            (row.subject, row.kind, row.version)
            for row in session.execute(
                select(EventRow.subject, EventRow.kind, EventRow.version).where(
                    EventRow.origin == "backfill"
                )
            )
        )
        records = {
            row.ref: row.data for row in session.execute(select(RecordRow.ref, RecordRow.data))
        }
        changes = Counter(
            (row.record, row.event_id, row.field)
            for row in session.execute(
                select(ChangeRow.record, ChangeRow.event_id, ChangeRow.field)
            )
        )
        faults = [
            *(f"owed: {row.action} of {row.subject}" for row in session.scalars(select(DeliveryRow))
              if row.subject in old),
            *(f"left to be read: {one}" for one in session.scalars(select(BackfillRecordRow.record_id))),
            *(f"a message is {one}" for one in session.scalars(
                select(MessageRow.state).where(
                    MessageRow.state != MessageState.TRANSLATED, MessageRow.origin == "backfill"))),
            *(f"a backfill is {row.state}: {row.problem}" for row in session.scalars(
                select(BackfillRow).where(BackfillRow.state != "done"))),
        ]  # fmt: skip
    faults += [f"twice: {one}" for one, count in told.items() if count > 1]
    faults += [f"a change twice: {one}" for one, count in changes.items() if count > 1]
    faults += _missing(old, told, records)
    return faults[:SHOWN]


def _missing(
    old: Mapping[str, Issue], told: Mapping[tuple[str, str, str], int], records: Mapping[str, Any]
) -> Iterator[str]:
    by_issue = Counter(subject for subject, _, _ in told)
    for ref, issue in old.items():
        wanted = {("work_item.updated", str(one["id"])) for one in issue.histories if one["items"]}
        wanted |= {("work_item.created", "")}
        yield from (f"missing: {ref} {one}" for one in wanted if (ref, *one) not in told)
        if by_issue[ref] != len(wanted) + 1:  # and that it was seen as it is
            yield f"{by_issue[ref]} events of {ref}, which has {len(wanted)} facts"
        if records.get(ref, {}).get("title") != issue.values["summary"]:
            yield f"not as it is: {ref}"
