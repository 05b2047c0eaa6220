"""A wrong setting says what would be right."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.connectors.salesforce import CONNECTOR
from connectors.salesforce.org import URL, settings_of


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": "https://login.salesforce.com"}, "serves logins only"),
        ({"url": "https://test.salesforce.com"}, "My Domain"),
        ({"url": "http://northwind.my.salesforce.com"}, "https://"),
        ({"url": "https://northwind.lightning.force.com"}, "no My Domain"),
        ({"url": f"{URL}/services"}, "without a path"),
        ({"url": "https://me@northwind.my.salesforce.com"}, "without a path"),
        ({"url": "northwind"}, "without a path"),
        ({"api_version": "45.0"}, "too old for bulk calls"),
        ({"api_version": "latest"}, "api_version"),
        ({"organization_id": "acme"}, "15 or 18"),
        ({"user_id": "me"}, "15 or 18"),
        ({"organization_id": None}, "organization_id is needed"),
        ({"auth": {"flow": "password"}}, "client_credentials"),
        (
            {"auth": {"flow": "client_credentials", "client_id": "a", "client_secret": "plain"}},
            "env:NAME",
        ),
        ({"write_key_field": "Bridge Key"}, "write_key_field"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(
    changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        settings_of(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://127.0.0.1:8123"},
        {"url": f"{URL}/"},
        {"url": "https://acme--dev.sandbox.my.salesforce.com"},
        {"url": "https://crm.acme.example", "allow_hosts": ["crm.acme.example"]},
        {"organization_id": None, "webhook": {}},
        {"organization_id": "00DWq000001AbCd"},
    ],
)
def test_these_settings_are_taken(changes: dict[str, Any]) -> None:
    settings = settings_of(**changes)

    assert CONNECTOR.hosts(settings) == (settings.host,)
    assert not settings.url.endswith("/")
