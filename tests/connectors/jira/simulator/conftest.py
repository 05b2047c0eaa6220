"""A Cloud and a Data Center site for each test."""

from collections.abc import Iterator

import pytest

from connectors.jira.simulator.harness import Jira


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
