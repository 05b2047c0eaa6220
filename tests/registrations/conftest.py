"""Bridge beside a Jira of each kind, and beside one whose webhooks end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.connectors.jira.simulator import JiraSimulator, build
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.db import Database
from clocks import FakeClock
from duties.house import House
from registrations.site import DECLARED, TOKEN, Site, opened


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    made = House(folder=tmp_path, database=sqlite_database, clock=clock)
    yield made
    made.close()


@pytest.fixture(params=["cloud", "datacenter"])
def flavour(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def jira(flavour: str, clock: FakeClock) -> Iterator[JiraSimulator]:
    made = build(clock=clock, pace=Pace(0.001), token=TOKEN, flavour=flavour)
    with Served(made.app) as served:
        made.site_url = served.url
        yield made
    made.close()


@pytest.fixture
def site(house: House, jira: JiraSimulator, flavour: str) -> Iterator[Site]:
    with opened(house, jira, flavour=flavour, declared=DECLARED) as made:
        yield made


@pytest.fixture
def app(house: House, clock: FakeClock) -> Iterator[Site]:
    """On Cloud as an OAuth app: what is registered ends after 30 days."""
    jira = build(clock=clock, pace=Pace(0.001), token=TOKEN)
    declared = {**DECLARED, "dynamic": True}
    with Served(jira.app) as served:
        jira.site_url = served.url
        with opened(house, jira, flavour="cloud", declared=declared, app=True) as made:
            yield made
    jira.close()
