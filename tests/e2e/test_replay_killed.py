"""The process is killed while a replay is planned and run: it goes on, and nothing is there twice."""

import os
import signal
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.db import Database
from chaos.ruins import ruin, wrong
from e2e.conftest import TOKEN
from e2e.mortal import Home, furnish
from e2e.replayer import Replayer
from e2e.trap import Trap
from patience import until

DEAD = 130  # more than are planned before whoever asks is answered
CALLS = {"concurrency": 2}
LONG = 120.0  # seconds; only a test that fails waits so long
# Where it is killed: while it looks for what may be there, and while it makes them.
KILLS = (("/search/jql", 30), (("/issue", "/issue/bulk"), 2))
PACE = {"per_minute": 1_500}  # so that it is not all owed at once


@pytest.fixture
def home(empty_database: Database, tmp_path: Path, jira: JiraSimulator, trap: Trap) -> Home:
    url = empty_database.url.render_as_string(hide_password=False)
    return furnish(tmp_path, database_url=url, jira_url=jira.site_url, token=TOKEN, limits=CALLS)


def test_kills_lose_nothing_of_a_replay_and_double_nothing(
    home: Home, empty_database: Database, jira: JiraSimulator, trap: Trap
) -> None:
    with home.inhabited() as process:
        replayer = Replayer(empty_database, home.port)
        ruin(empty_database, jira, DEAD, now=SystemClock().now())
        asked = replayer.post(filter={"state": ["dead"]}, pace=PACE, why="it is back")
        os.kill(process.pid, signal.SIGKILL)  # most likely in the middle of the plan
    for kill in KILLS:
        trap.set(*kill)
        replayer.let_leases_run_out()
        with home.inhabited() as process:
            assert until(lambda: replayer.row().state != "planning", seconds=LONG)
            if replayer.row().state == "planned":
                replayer.post(f"/{asked}:run")
            assert trap.sprung.wait(LONG)
            os.kill(process.pid, signal.SIGKILL)
    trap.take_away()
    replayer.let_leases_run_out()
    with home.inhabited():
        ended = until(lambda: wrong(empty_database, jira, DEAD) == [], seconds=LONG)

    assert ended, wrong(empty_database, jira, DEAD)
