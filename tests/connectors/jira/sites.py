"""The Jira sites a test may run against: a fake, and the simulated Cloud and Data Center."""

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.connectors.jira.client import JiraClient, connect
from bridge.connectors.jira.settings import JiraSettings, hosts
from bridge.connectors.jira.simulator import JiraSimulator, build
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.http import Http
from clocks import FakeClock
from connectors.jira.harbour import SECRETS, settings_of


@contextmanager
def simulated(flavour: str, clock: FakeClock) -> Iterator[tuple[JiraSimulator, JiraSettings]]:
    """A site on real sockets whose search lags behind nothing, and settings that reach it."""
    sim = build(
        clock=clock,
        pace=Pace(0.001),
        token=SECRETS["JIRA_TOKEN"],
        email="bridge@harbour.example",
        flavour=flavour,
    )
    sim.set_index_lag(0)
    with Served(sim.app) as served:
        sim.site_url = served.url
        email = "bridge@harbour.example" if flavour == "cloud" else None
        yield sim, settings_of(url=served.url, flavour=flavour, email=email, account_id=None)
    sim.close()


@contextmanager
def client_of(settings: JiraSettings) -> Iterator[JiraClient]:
    http = Http("jira", allow_hosts=frozenset(hosts(settings)), deadline=5.0)
    yield connect("jira", settings, http)
    http.close()
