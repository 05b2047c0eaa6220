"""What was acknowledged is durable and arrives once: the process is killed in mid-load, and restarted."""

import os
import signal
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.db import Database
from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageRow, MessageState
from bridge.outbox import store as outbox
from bridge.outbox.tables import OrderingKeyRow, State
from e2e.conftest import TOKEN
from e2e.gate import Gate
from e2e.mortal import Home, Monitor, furnish, title
from patience import until

KILL_AFTER = 200  # acknowledgements: more than Jira was asked for when its answers stop
CALLS = {"concurrency": 2}  # of at most fifty issues each
LONG = 120.0  # seconds for what is left; only a test that fails waits so long
LEASES = timedelta(minutes=5)  # longer than any


@pytest.fixture
def home(empty_database: Database, tmp_path: Path, jira: JiraSimulator, gate: Gate) -> Home:
    url = empty_database.url.render_as_string(hide_password=False)
    return furnish(tmp_path, database_url=url, jira_url=jira.site_url, token=TOKEN, limits=CALLS)


def let_leases_run_out(database: Database) -> None:
    """As if minutes had passed: who held them is dead, and other nodes cannot know it sooner."""
    with database.transaction() as session:
        for table in (MessageRow, OrderingKeyRow):
            held = update(table).where(table.leased_until.is_not(None))
            session.execute(held.values(leased_until=SystemClock().now() - LEASES))


def everything_ends(database: Database) -> bool:
    """Whether nothing is left to translate or to send before our patience ends."""
    states = {State.PENDING, State.IN_FLIGHT, State.WAITING}

    def over() -> bool:
        with database.reading() as session:
            left = inbox.count(session, MessageState.PENDING) + outbox.open_count(session, states)
        return not left

    return until(over, seconds=LONG)


def test_a_kill_in_mid_load_loses_nothing_that_was_acknowledged_and_doubles_nothing(
    home: Home, empty_database: Database, jira: JiraSimulator, gate: Gate
) -> None:
    monitor = Monitor(port=home.port)
    with home.inhabited() as process:
        with monitor.sending(range(KILL_AFTER)):
            assert monitor.wait_for(KILL_AFTER)
        assert until(lambda: gate.held)
        with monitor.sending(count(KILL_AFTER)):
            assert monitor.wait_for(KILL_AFTER + 1)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    acknowledged = set(monitor.acknowledged)
    with empty_database.reading() as session:
        kept = set(session.scalars(select(MessageRow.dedupe_key)))
    before = len(jira.issues())
    let_leases_run_out(empty_database)

    gate.open()
    with home.inhabited():
        ended = everything_ends(empty_database)
    arrived = Counter(issue["fields"]["summary"] for issue in jira.issues())

    assert {number for number in acknowledged if f"id:message-{number}" not in kept} == set()
    assert 0 < before < KILL_AFTER < len(acknowledged)
    assert ended
    assert {number: arrived[title(number)] for number in acknowledged} == dict.fromkeys(
        acknowledged, 1
    )
    assert max(arrived.values()) == 1
    assert len(arrived) == len(kept)
