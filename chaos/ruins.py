"""Issues that were owed and are dead after an outage, and whether a replay made each of them, once."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from bridge.canonical.ids import stable_id
from bridge.connectors.jira.mark import mark_label
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.db import Database
from bridge.outbox.tables import DeliveryRow, State
from bridge.replays.tables import ReplayRow

TITLE = "Ruin"
THERE = 10  # of so many one had happened after all: its answer was lost
CHUNK = 500
SHOWN = 20  # of what is wrong


def ruin(database: Database, jira: JiraSimulator, number: int, *, now: datetime) -> None:
    """So many dead deliveries, each for an issue of its own. Some issues are there already."""
    rows = [_dead(place, now) for place in range(number)]
    for start in range(0, number, CHUNK):
        with database.transaction() as session:
            session.execute(insert(DeliveryRow), rows[start : start + CHUNK])
    for place in range(0, number, THERE):
        label = mark_label(rows[place]["write_key"])
        jira.create_issue(f"{TITLE} {place}", fields={"labels": [label]})


def wrong(database: Database, jira: JiraSimulator, number: int) -> list[str]:
    """What is missing, what is there twice, what did not end well, and what came otherwise."""
    titles = Counter(
        str(issue.values["summary"]) for issue in list(jira.site.state.issues.values())
    )
    faults = [
        f"{titles[title]} times: {title}"
        for title in (f"{TITLE} {place}" for place in range(number))
        if titles[title] != 1
    ]
    with database.reading() as session:
        unlike = select(DeliveryRow.id, DeliveryRow.state, DeliveryRow.reason).where(
            DeliveryRow.rule == TITLE, DeliveryRow.state != State.SUCCEEDED
        )
        ends = [f"{row.id} is {row.state}: {row.reason}" for row in session.execute(unlike)]
        faults = ends + faults
        for run in session.scalars(select(ReplayRow)):
            if (run.state, run.done, run.moved) != ("done", number, {}):
                faults.append(f"{run.id}: {run.state}, {run.done} of {run.total}, {run.moved}")
    more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    return faults[:SHOWN] + more


def _dead(place: int, now: datetime) -> dict[str, Any]:
    doubtful = place % THERE == 0
    return {
        "id": stable_id("dlv", TITLE, str(place)),
        "rule": TITLE,
        "rule_version": "v",
        "step": "task",
        "connection": "jira",
        "action": "jira.create_issue",
        "args": {"project": "ENG", "type": "Task", "summary": f"{TITLE} {place}"},
        "needs": {},
        "write_key": stable_id("bridge", TITLE, str(place)),
        "ordering_key": f"jira|{TITLE}|{place}",
        "subject": f"monitor:alert:{place}",
        "origin": "webhook",
        "state": State.DEAD,
        "reason": "the answer was lost" if doubtful else "the project was not there",
        "error_kind": "ambiguous" if doubtful else "permanent",
        "error_code": "lost" if doubtful else "404",
        "error_group": "jira|Ruin|jira.create_issue",
        "find_first": doubtful,
        "not_before": now,
        "occurred_at": now,
        "created_at": now,
        "finished_at": now,
    }
