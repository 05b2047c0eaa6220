"""What was acknowledged is durable and arrives once: the process is killed in mid-load, and restarted."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.db import Database
from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageRow, MessageState
from bridge.outbox import store as outbox
from bridge.outbox.tables import OrderingKeyRow, State
from e2e.mortal import SCALE, Home, Monitor, furnish, title

TOKEN = "jira-token"
MESSAGES = 1_000
KILL_AFTER = 300  # acknowledgements
PATIENCE = 60.0  # seconds for what is left; only a test that fails waits so long
LEASES = timedelta(minutes=5)  # longer than any


@pytest.fixture
def jira() -> Iterator[JiraSimulator]:
    """A site that outlives every process of ours."""
    site = JiraSimulator(clock=SystemClock(), pace=Pace(SCALE), seed=5, token=TOKEN)
    with Served(site.app) as served:
        site.site_url = served.url
        yield site
    site.close()


@pytest.fixture
def home(empty_database: Database, tmp_path: Path, jira: JiraSimulator) -> Home:
    url = empty_database.url.render_as_string(hide_password=False)
    return furnish(tmp_path, database_url=url, jira_url=jira.site_url, token=TOKEN)


def let_leases_run_out(database: Database) -> None:
    """As if minutes had passed: who held them is dead, and other nodes cannot know it sooner."""
    with database.transaction() as session:
        for table in (MessageRow, OrderingKeyRow):
            held = update(table).where(table.leased_until.is_not(None))
            session.execute(held.values(leased_until=SystemClock().now() - LEASES))


def everything_ends(database: Database) -> bool:
    """Whether nothing is left to translate or to send before our patience ends."""
    until = time.monotonic() + PATIENCE
    pause = threading.Event()
    states = {State.PENDING, State.IN_FLIGHT, State.WAITING}
    while time.monotonic() < until:
        with database.reading() as session:
            left = inbox.count(session, MessageState.PENDING) + outbox.open_count(session, states)
        if not left:
            return True
        pause.wait(0.1)
    return False


@pytest.mark.timeout(180)
def test_a_kill_in_mid_load_loses_nothing_that_was_acknowledged_and_doubles_nothing(
    home: Home, empty_database: Database, jira: JiraSimulator
) -> None:
    monitor = Monitor(port=home.port)
    with home.inhabited() as process, monitor.sending(range(MESSAGES)):
        assert monitor.wait_for(KILL_AFTER)
        os.kill(process.pid, signal.SIGKILL)
    acknowledged = set(monitor.acknowledged)
    with empty_database.reading() as session:
        kept = set(session.scalars(select(MessageRow.dedupe_key)))
    before = len(jira.issues())
    let_leases_run_out(empty_database)

    with home.inhabited():
        ended = everything_ends(empty_database)
    arrived = Counter(issue["fields"]["summary"] for issue in jira.issues())

    assert KILL_AFTER <= len(acknowledged) < MESSAGES
    assert {number for number in acknowledged if f"id:message-{number}" not in kept} == set()
    assert before < len(acknowledged)
    assert ended
    assert {number: arrived[title(number)] for number in acknowledged} == dict.fromkeys(
        acknowledged, 1
    )
    assert max(arrived.values()) == 1
    assert len(arrived) == len(kept)
