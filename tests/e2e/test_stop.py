"""A process that is asked to stop ends what is under way, and loses nothing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bridge.db import Database
from bridge.inbox.tables import MessageRow, MessageState
from bridge.outbox.tables import DeliveryRow, State
from cli.house import House
from clocks import FakeClock
from duties import rows
from patience import until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House.up(tmp_path)
    yield made
    made.close()


def test_a_call_that_is_under_way_is_ended_and_recorded_before_the_process_goes(
    house: House,
) -> None:
    database = house.stage.bridge.database
    slow = house.stage.jira.faults
    slow.configure(latency=1.0, latency_seconds=150.0)  # vendor's seconds: one and a half of ours
    before = slow.count["latency"]
    house.feedback("Critical")
    begun = until(lambda: slow.count["latency"] > before)

    house.stage.bridge.worker.stop()

    with database.reading() as session:
        states = set(session.scalars(select(DeliveryRow.state)))
    assert begun
    assert State.IN_FLIGHT not in states


@pytest.fixture
def environment(postgres_database: Database, tmp_path: Path) -> dict[str, str]:
    """PostgreSQL with one message that nobody has read, and mappings of nothing."""
    with postgres_database.transaction() as session:
        message = rows.message("msg_1", FakeClock().now(), MessageState.PENDING)
        message.connection = "gone"
        session.add(message)
    (tmp_path / "mappings").mkdir()
    return {
        **os.environ,
        "BRIDGE_DATABASE_URL": postgres_database.url.render_as_string(hide_password=False),
        "BRIDGE_MAPPINGS": str(tmp_path / "mappings"),
        "BRIDGE_LOG_FORMAT": "json",
        "BRIDGE_NODE": "worker-1",
    }


def test_bridge_work_drains_and_leads_without_http_and_stops_when_asked(
    environment: dict[str, str],
) -> None:
    words = [sys.executable, "-m", "bridge", "work"]
    database = Database(environment["BRIDGE_DATABASE_URL"])
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = [json.loads(line) for line in _until_it_leads(process.stderr)]
        drained = until(lambda: _state(database) != MessageState.PENDING)
        process.send_signal(signal.SIGTERM)
        said += [json.loads(line) for line in process.stderr]
        code = process.wait(60)
    database.close()

    assert drained
    assert code == 0
    assert [line["event"] for line in said if line["event"].startswith("work.")] == [
        "work.started",
        "work.stopped",
    ]


def _until_it_leads(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if '"leadership.changed"' in line:
            return


def _state(database: Database) -> str | None:
    """Of the one message."""
    with database.reading() as session:
        return session.scalar(select(MessageRow.state))
