"""Wrong settings are refused by their name, with what would be right."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.connectors.jira.settings import MEDIA, hosts
from connectors.jira.harbour import URL, settings_of


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "http://harbour.atlassian.net"}, "only https"),
        ({"url": "harbour.atlassian.net"}, "https://NAME.atlassian.net"),
        ({"url": "https://me:pass@harbour.atlassian.net"}, "not the address"),
        ({"url": f"{URL}?x=1"}, "not the address"),
        ({"api_url": "http://api.atlassian.com"}, "only https"),
        ({"email": None}, "email is missing"),
        ({"token": "ATATT3xFf"}, "env:NAME or file:PATH"),
        ({"flavour": "server"}, "flavour"),
        ({"project": "HBR-1"}, "project"),
        ({"webhook": {"secret": "env:X"}}, "Extra inputs"),
        ({"webhook": {"secrets": ["env:X"], "max_age": "10m"}}, "write 2h or more"),
        ({"webhook": {"automation_header": "x y"}}, "automation_header"),
        ({"passwort": "x"}, "passwort"),
    ],
    ids=range(13),
)
def test_a_wrong_setting_says_what_would_be_right(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings_of(**change)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/jira/", "http://localhost"])
def test_this_machine_may_be_spoken_to_in_clear(url: str) -> None:
    assert settings_of(url=url).browse("HBR-1") == f"{url.rstrip('/')}/browse/HBR-1"


def test_a_token_with_scopes_has_its_own_host() -> None:
    settings = settings_of(api_url="https://api.atlassian.com/ex/jira/7f-22")

    assert hosts(settings) == ("api.atlassian.com", MEDIA, "harbour.atlassian.net")
    assert settings.base == "https://api.atlassian.com/ex/jira/7f-22"
    assert hosts(settings_of()) == (MEDIA, "harbour.atlassian.net")


def test_data_center_needs_no_email() -> None:
    assert settings_of(flavour="datacenter", email=None).email is None
