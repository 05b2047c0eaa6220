"""A Cloud and a Data Center site for each test."""

from collections.abc import Iterator

import pytest

from bridge.connectors.jira.simulator import JiraSimulator, build
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from connectors.jira.simulator.harness import Jira
from connectors.jira.simulator.receiver import SECRET, Receiver


@pytest.fixture
def jira() -> Iterator[Jira]:
    jira = Jira()
    yield jira
    jira.sim.close()


@pytest.fixture
def datacenter() -> Iterator[Jira]:
    jira = Jira(flavour="datacenter")
    yield jira
    jira.sim.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with Served(receiver.build()) as served:
        receiver.url = served.url + "/hook"
        yield receiver


@pytest.fixture
def site(receiver: Receiver) -> Iterator[JiraSimulator]:
    sim = build(pace=Pace(0.0001), webhook_url=receiver.url, webhook_secret=SECRET)
    yield sim
    sim.close()
