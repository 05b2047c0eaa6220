"""A Jira that outlives every process of ours, behind a gate."""

from collections.abc import Iterator

import pytest

from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from e2e.gate import Gate
from e2e.served import SCALE
from e2e.trap import Trap

TOKEN = "jira-token"


@pytest.fixture
def jira() -> Iterator[JiraSimulator]:
    site = JiraSimulator(clock=SystemClock(), pace=Pace(SCALE), seed=5, token=TOKEN)
    yield site
    site.close()


@pytest.fixture
def gate(jira: JiraSimulator) -> Iterator[Gate]:
    """The site answers one call for issues, and no other before it is opened."""
    made = Gate(jira.app, free=1)
    with Served(made) as served:
        jira.site_url = served.url
        yield made


@pytest.fixture
def trap(jira: JiraSimulator) -> Iterator[Trap]:
    made = Trap(jira.app)
    with Served(made) as served:
        jira.site_url = served.url
        yield made
        made.take_away()
