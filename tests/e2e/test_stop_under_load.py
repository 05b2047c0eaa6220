"""SIGTERM under load: it ends in time, leaves nothing leased, and nothing is lost or done twice."""

import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, or_, select

from bridge.connectors.jira.simulator import JiraSimulator
from bridge.db import Database
from bridge.inbox.tables import MessageRow
from bridge.outbox.tables import DeliveryRow, OrderingKeyRow, State
from e2e.conftest import TOKEN
from e2e.gate import Gate
from e2e.mortal import Home, Monitor, furnish, title
from e2e.test_kill import everything_ends
from patience import until

MESSAGES = 150
STOP_AFTER = 60  # acknowledgements: more than Jira was asked for when its answers stop
GRACE = 60  # seconds; only a test that fails waits so long
ONE_BY_ONE = {"concurrency": 1, "bulk": False}
SERVE = ("-m", "bridge", "serve")


@pytest.fixture
def home(database: Database, tmp_path: Path, jira: JiraSimulator, gate: Gate) -> Home:
    url = database.url.render_as_string(hide_password=False)
    made = furnish(
        tmp_path, database_url=url, jira_url=jira.site_url, token=TOKEN, limits=ONE_BY_ONE
    )
    return Home(environment={**made.environment, "BRIDGE_GRACE": str(GRACE)}, port=made.port)


def test_a_stop_under_load_loses_nothing_doubles_nothing_and_leaves_nothing_leased(
    home: Home, database: Database, jira: JiraSimulator, gate: Gate
) -> None:
    monitor = Monitor(port=home.port)
    with home.inhabited(*SERVE) as process, monitor.sending(range(MESSAGES)):
        assert monitor.wait_for(STOP_AFTER)
        assert until(lambda: gate.held)
        process.send_signal(signal.SIGTERM)
        assert until(lambda: not home.listens())
        gate.open()
        code = process.wait(GRACE + 10)
    with database.reading() as session:
        leased = session.scalar(
            select(func.count())
            .select_from(OrderingKeyRow)
            .where(or_(OrderingKeyRow.leased_by.is_not(None)))
        )
        read = session.scalar(
            select(func.count()).select_from(MessageRow).where(MessageRow.leased_until.is_not(None))
        )
        begun = session.scalar(
            select(func.count())
            .select_from(DeliveryRow)
            .where(DeliveryRow.state == State.IN_FLIGHT)
        )
        kept = set(session.scalars(select(MessageRow.dedupe_key)))
    before = len(jira.issues())

    with home.inhabited(*SERVE):
        ended = everything_ends(database)
    arrived = Counter(issue["fields"]["summary"] for issue in jira.issues())

    assert code == 0
    assert (leased, read, begun) == (0, 0, 0)
    assert {one for one in monitor.acknowledged if f"id:message-{one}" not in kept} == set()
    assert 1 < before < STOP_AFTER <= len(kept)
    assert ended
    assert {one: arrived[title(one)] for one in monitor.acknowledged} == dict.fromkeys(
        monitor.acknowledged, 1
    )
    assert max(arrived.values()) == 1


def test_a_second_signal_ends_the_process_at_once(home: Home, gate: Gate) -> None:
    monitor = Monitor(port=home.port)
    with home.inhabited(*SERVE) as process, monitor.sending(range(10)):
        assert until(lambda: gate.held)
        process.send_signal(signal.SIGTERM)
        slow = process.poll()
        process.send_signal(signal.SIGINT)
        code = process.wait(GRACE + 10)

    assert slow is None
    assert code in {128 + signal.SIGINT, 128 + signal.SIGTERM}  # whichever it heard second


def test_a_call_that_hangs_is_left_when_the_grace_is_over(home: Home, gate: Gate) -> None:
    short = Home(environment={**home.environment, "BRIDGE_GRACE": "1"}, port=home.port)
    monitor = Monitor(port=home.port)
    with short.inhabited(*SERVE) as process, monitor.sending(range(10)):
        assert until(lambda: gate.held)
        process.send_signal(signal.SIGTERM)
        code = process.wait(GRACE)

    assert code == 1  # it hangs still: nothing else ends it so
