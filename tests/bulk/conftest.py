"""Desks at the simulated systems, on each database."""

from collections.abc import Iterator

import pytest

from bridge.connectors import jira, salesforce
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.db import Database
from bulk.desk import Desk, desk
from clocks import FakeClock
from connectors.jira import harbour, sites
from connectors.salesforce import simulated as org

AtJira = tuple[JiraSimulator, Desk]
AtSalesforce = tuple[SalesforceSimulator, Desk]


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
