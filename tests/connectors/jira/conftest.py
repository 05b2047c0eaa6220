"""The site's secrets in the environment, its settings, and clients of real and simulated sites."""

from collections.abc import Iterator

import pytest

from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.library import Library
from bridge.connectors.jira.rest import Rest
from bridge.connectors.jira.settings import JiraSettings, hosts
from bridge.connectors.jira.site import Site
from bridge.http import Http
from clocks import FakeClock
from connectors.jira.harbour import SECRETS, settings_of
from connectors.jira.sites import World, client_of, simulated


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def settings() -> JiraSettings:
    return settings_of()


@pytest.fixture
def site(clock: FakeClock) -> JiraClient:
    """A client on the test's clock, whose answers respx gives."""
    settings = settings_of()
    http = Http("jira", allow_hosts=frozenset(hosts(settings)))
    rest = Rest(settings, http, clock)
    return Site("jira", settings, rest=rest, library=Library(settings, http, clock), clock=clock)


@pytest.fixture(params=["cloud", "datacenter"])
def world(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[World]:
    """A simulated site of each kind, and our client of it."""
    with simulated(request.param, clock) as (sim, settings), client_of(settings) as client:
        yield World(sim=sim, settings=settings, client=client)
