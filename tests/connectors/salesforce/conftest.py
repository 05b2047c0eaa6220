"""An org's settings with its secrets in the environment, and a client whose answers respx gives."""

import pytest
import respx

from bridge.connectors.salesforce.rest import RestClient
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.http import Http
from clocks import FakeClock
from connectors.salesforce.org import SECRETS, URL, settings_of


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def settings() -> SalesforceSettings:
    return settings_of()


@pytest.fixture
def vendor(respx_mock: respx.MockRouter) -> respx.MockRouter:
    """Salesforce, with a log-in that works."""
    respx_mock.post(f"{URL}/services/oauth2/token", name="login").respond(
        json={
            "access_token": "00D!first",
            "instance_url": URL,
            "id": "https://login.salesforce.com/id/00DWq000001AbCdMAK/005Wq00000ZzAaBIAV",
            "token_type": "Bearer",
            "issued_at": "1795423267000",
            "signature": "x",
        }
    )
    return respx_mock


@pytest.fixture
def client(settings: SalesforceSettings, clock: FakeClock) -> RestClient:
    http = Http("salesforce", allow_hosts=frozenset({settings.host}))
    return RestClient("salesforce", settings, http, clock=clock)
