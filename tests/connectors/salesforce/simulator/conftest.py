"""An org that stands still, a session on it, and somewhere for its pushes to arrive."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from bridge.connectors.salesforce.simulator import SalesforceSimulator, Setup
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from connectors.salesforce.simulator.receiver import Receiver
from connectors.salesforce.simulator.still_clock import StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def sim(clock: StillClock) -> Iterator[SalesforceSimulator]:
    simulator = SalesforceSimulator(clock, Pace(0.001), setup=Setup(page_size=2))
    yield simulator
    simulator.close()


@pytest.fixture
def api(sim: SalesforceSimulator) -> Iterator[TestClient]:
    """Logged in; paths are relative to the API version."""
    token = sim.sessions.open(sim.org.integration_user)
    headers = {"authorization": f"Bearer {token}"}
    base = "http://org.example/services/data/v67.0/"
    with TestClient(sim.app, base_url=base, headers=headers) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with Served(receiver.app) as served:
        receiver.url = f"{served.url}/webhooks/salesforce/path-secret"
        yield receiver
