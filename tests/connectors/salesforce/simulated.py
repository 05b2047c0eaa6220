"""A simulated org on real sockets, and our client of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bridge.clock import Clock
from bridge.connectors.salesforce import CONNECTOR
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.salesforce.simulator.setup import Setup
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.http import Http
from connectors.salesforce.org import settings_of

SECRETS = {"SF_SIM": "simulated-consumer-secret"}


@contextmanager
def simulated(
    clock: Clock, **setup: Any
) -> Iterator[tuple[SalesforceSimulator, SalesforceSettings]]:
    """`SECRETS` are what its settings need of the environment."""
    sim = SalesforceSimulator(clock, Pace(0.001), setup=Setup(**setup))
    auth = {"flow": "client_credentials", "client_id": sim.setup.client_id}
    with Served(sim.app) as served:
        yield (
            sim,
            settings_of(
                url=served.url,
                auth={**auth, "client_secret": "env:SF_SIM"},
                organization_id=sim.setup.org_id,
                user_id=None,
            ),
        )
    sim.close()


@contextmanager
def client_of(settings: SalesforceSettings) -> Iterator[SalesforceClient]:
    http = Http("salesforce", allow_hosts=frozenset(CONNECTOR.hosts(settings)))
    yield CONNECTOR.connect("salesforce", settings, http)
    http.close()
