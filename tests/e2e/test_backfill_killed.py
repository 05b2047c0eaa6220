"""The process is killed three times in the middle of a backfill: all of the past comes in, once."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import yaml
from sqlalchemy import update

from bridge.access.keys import Role, create
from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.db import Database
from bridge.inbox.tables import BackfillRow, MessageRow
from chaos.past import fill, wrong
from e2e.conftest import TOKEN
from e2e.mortal import Home
from e2e.trap import Trap
from embedded.ports import own_port
from patience import until

ISSUES = 220
LONG = 120.0  # seconds; only a test that fails waits so long
LEASES = timedelta(minutes=5)  # longer than any
# Where it is killed: while it counts, while it reads, in the middle of the changelogs.
KILLS = (("/search/jql", 2), ("/issue/bulkfetch", 3), ("/changelog", 60))
SOURCE = """\
version: 1
sources:
  - id: work
    from: {connection: jira, object: issue}
    as: work_item
    fields: {key: key, title: summary, due: duedate, status_name: status.name}
"""
RULE = """\
version: 1
rules:
  - id: noise
    description: What is new or changed is made again.
    when: [work_item.created, work_item.updated]
    do: [{jira.create_issue: {project: ENG, type: Task, summary: "${work_item.title}"}}]
    tests: [{name: t, given: {event: work_item.created, work_item: {title: x}}, expect: [jira.create_issue]}]
"""


@pytest.fixture
def home(empty_database: Database, tmp_path: Path, jira: JiraSimulator, trap: Trap) -> Home:
    for name, text in (("sources/work.yaml", SOURCE), ("rules/noise.yaml", RULE)):
        path = tmp_path / "mappings" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    site = {
        "system": "jira", "url": jira.site_url, "email": "bridge@example.com", "project": "ENG",
        "token": f"file:{tmp_path / 'token'}",
    }  # fmt: skip
    (tmp_path / "bridge.yaml").write_text(yaml.safe_dump({"connections": {"jira": site}}), "utf-8")
    port = own_port()
    return Home(
        environment={
            "BRIDGE_DATABASE_URL": empty_database.url.render_as_string(hide_password=False),
            "BRIDGE_CONFIG": str(tmp_path / "bridge.yaml"),
            "BRIDGE_MAPPINGS": str(tmp_path / "mappings"),
            "BRIDGE_PORT": str(port),
        },
        port=port,
    )


class Office:
    """Asks for a backfill, as an operator does."""

    def __init__(self, database: Database, port: int) -> None:
        self._database, self._port = database, port
        with database.transaction() as session:
            key = create(session, "ann", role=Role.OPERATOR, now=SystemClock().now())
        self._head = {"authorization": f"Bearer {key.token}"}

    def post(self, path: str, **body: object) -> dict[str, object]:
        url = f"http://127.0.0.1:{self._port}/api/v1/backfills{path}"
        head = {**self._head, "idempotency-key": f'"{path}{sorted(body)}"'}
        answer = httpx.post(url, json=body, headers=head, timeout=30).raise_for_status()
        found: dict[str, object] = answer.json()
        return found

    def state(self) -> str:
        """Of the only one there is."""
        with self._database.reading() as session:
            return session.query(BackfillRow).one().state

    def let_leases_run_out(self) -> None:
        """As if minutes had passed: who held them is dead, and other nodes cannot know it sooner."""
        past = SystemClock().now() - LEASES
        with self._database.transaction() as session:
            held = MessageRow.leased_until.is_not(None)
            session.execute(update(MessageRow).where(held).values(leased_until=past))
            session.execute(update(BackfillRow).values(not_before=past))


def test_three_kills_lose_nothing_and_double_nothing(
    home: Home, empty_database: Database, jira: JiraSimulator, trap: Trap
) -> None:
    fill(jira, ISSUES, seed=4)
    trap.set(*KILLS[0])
    with home.inhabited() as process:
        office = Office(empty_database, home.port)
        asked = office.post("", source="work", history=True)["id"]
        assert trap.sprung.wait(LONG)
        os.kill(process.pid, signal.SIGKILL)
    for kill in KILLS[1:]:
        trap.set(*kill)
        office.let_leases_run_out()
        with home.inhabited() as process:
            assert until(lambda: office.state() != "counting", seconds=LONG)
            if office.state() == "planned":
                office.post(f"/{asked}:run")
            assert trap.sprung.wait(LONG)
            os.kill(process.pid, signal.SIGKILL)
    trap.take_away()
    office.let_leases_run_out()
    with home.inhabited():
        ended = until(lambda: office.state() == "done", seconds=LONG)
        read = until(lambda: wrong(empty_database, jira) == [], seconds=LONG)

    assert ended
    assert read, wrong(empty_database, jira)
