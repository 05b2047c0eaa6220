"""Nodes on one wire, and a pooler before their server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bridge.bell import Bells
from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.db import Database
from bridge.wire import CHANNEL, Wire
from e2e.mortal import furnish
from embedded.postgres import Server
from nodes.bouncer import BINARY, pooling
from nodes.sleeper import SCALE
from nodes.town import Town, hurry
from patience import PATIENCE

TOKEN = "jira-token"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node's bells and its wire."""

    bells: Bells
    wire: Wire


NewNode = Callable[..., Node]


@pytest.fixture
def node(postgres_database: Database) -> Iterator[NewNode]:
    """Starts a node of this name on the test's database; it sends by `pool` and listens at `url`.

    Its own call comes back in time, be the machine ever so slow, unless `trial` says how soon.
    """
    wires: list[Wire] = []

    def start(
        name: str, *, pool: Database = postgres_database, url: str = "", trial: float = PATIENCE
    ) -> Node:
        def send(payloads: Sequence[str]) -> None:
            with pool.transaction() as session:
                for payload in payloads:
                    session.execute(select(func.pg_notify(CHANNEL, payload)))

        direct = postgres_database.url.render_as_string(hide_password=False)
        wire = Wire(node=name, send=send, url=url or direct, trial=trial)
        wires.append(wire)
        bells = Bells(wire.call)
        wire.start(bells)
        return Node(bells=bells, wire=wire)

    yield start
    for wire in wires:
        wire.close()


@pytest.fixture
def pooled(postgres_server: Server, postgres_database: Database) -> Iterator[Database]:
    """The test's database behind pgbouncer in transaction mode."""
    if BINARY is None:
        pytest.skip("no pgbouncer on this machine; its rules are kept by test_pooled_sessions.py")
    with pooling(postgres_server.folder) as folder:
        url = postgres_database.url.set(query={"host": str(folder), "port": "6432"})
        database = Database(url.render_as_string(hide_password=False), pool_size=10)
        yield database
        database.close()


@pytest.fixture
def town(postgres_database: Database, tmp_path: Path) -> Iterator[Town]:
    """PostgreSQL and a Jira; nobody works yet."""
    database = postgres_database
    jira = JiraSimulator(clock=SystemClock(), pace=Pace(SCALE), seed=5, token=TOKEN)
    with Served(jira.app) as served:
        jira.site_url = served.url
        url = database.url.render_as_string(hide_password=False)
        home = furnish(tmp_path, database_url=url, jira_url=jira.site_url, token=TOKEN)
        hurry(tmp_path / "bridge.yaml")
        made = Town(database=database, jira=jira, folder=tmp_path, environment=home.environment)
        yield made
        made.close()
    jira.close()
