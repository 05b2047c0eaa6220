"""A Cloud and a Data Center site for each test."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bridge.connectors.jira.simulator import JiraSimulator, build
from bridge.connectors.jira.simulator.hooks import CLOUD
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import WebhookSender
from bridge.connectors.simulation.serve import Served
from connectors.jira.simulator.harness import Jira
from connectors.jira.simulator.receiver import SECRET, Receiver

PACE = Pace(0.0001)


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
    """It repeats as often as the vendor, be half an hour of the vendor's over on a slow machine or not."""
    sim = build(pace=PACE, webhook_url=receiver.url, webhook_secret=SECRET)
    hooks = sim.site.hooks
    hooks.sender.close()
    hooks.sender = WebhookSender(replace(CLOUD, lone_after=None), pace=PACE, faults=sim.faults)
    yield sim
    sim.close()
