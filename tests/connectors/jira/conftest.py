"""The site's secrets in the environment, and its settings."""

import pytest

from bridge.connectors.jira.settings import JiraSettings
from connectors.jira.harbour import SECRETS, settings_of


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def settings() -> JiraSettings:
    return settings_of()
