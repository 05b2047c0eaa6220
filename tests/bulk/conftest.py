"""Desks at the simulated systems, on each database."""

from collections.abc import Iterator

import pytest

from bridge.connectors import jira, salesforce, teams
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.connectors.teams import simulator as teams_simulator
from bridge.connectors.teams.settings import TeamsSettings
from bridge.connectors.teams.simulator import TeamsSimulator
from bridge.db import Database
from bulk.desk import Desk, desk
from clocks import FakeClock
from connectors.jira import harbour, sites
from connectors.salesforce import simulated as org

AtJira = tuple[JiraSimulator, Desk]
AtSalesforce = tuple[SalesforceSimulator, Desk]
AtTeams = tuple[TeamsSimulator, Desk]


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**harbour.SECRETS, **org.SECRETS}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def at_jira(database: Database, clock: FakeClock) -> Iterator[AtJira]:
    with (
        sites.simulated("cloud", clock) as (sim, settings),
        desk(database, clock, jira.CONNECTOR, settings) as made,
    ):
        yield sim, made


@pytest.fixture
def at_salesforce(database: Database, clock: FakeClock) -> Iterator[AtSalesforce]:
    with (
        org.simulated(clock) as (sim, settings),
        desk(database, clock, salesforce.CONNECTOR, settings) as made,
    ):
        yield sim, made


@pytest.fixture
def at_teams(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AtTeams]:
    """With the vendor's own rates on the test's clock, which stands still within a step."""
    sim = teams_simulator.build(channels=["alerts", "support"], clock=clock, pace=Pace(1))
    with Served(sim.app) as served:
        for name in ("alerts", "support"):
            monkeypatch.setenv(f"T_{name.upper()}", sim.url(name, served.url))
        channels = {name: {"url": f"env:T_{name.upper()}"} for name in ("alerts", "support")}
        settings = TeamsSettings.model_validate(
            {"channels": channels, "allow_hosts": ["127.0.0.1"]}
        )
        with desk(database, clock, teams.CONNECTOR, settings) as made:
            yield sim, made
