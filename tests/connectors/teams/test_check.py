"""What `bridge doctor` says of a Teams connection."""

import pytest

from bridge.connectors.teams.check import check
from bridge.connectors.teams.settings import TeamsSettings
from connectors.teams.recorder import Recorder

GOOD = "http://127.0.0.1:9/powerautomate/x?sig=SeCrEt"


def test_each_channel_and_token_has_its_line_and_no_card_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("T_GOOD", GOOD)
    monkeypatch.setenv("T_OLD", "https://acme.webhook.office.com/SeCrEt")
    monkeypatch.setenv("T_TOKEN", "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=")
    monkeypatch.setenv("T_WRONG", "not base64!")
    settings = TeamsSettings.model_validate(
        {
            "allow_hosts": ["127.0.0.1"],
            "channels": {
                "good": {"url": "env:T_GOOD"},
                "old": {"url": "env:T_OLD"},
                "gone": {"url": "env:T_GONE"},
            },
            "webhook": {"secrets": ["env:T_TOKEN", "env:T_WRONG"], "tenants": ["t"]},
        }
    )
    client = Recorder(settings=settings)

    lines = {line.name: line for line in check(client)}

    assert {name: line.ok for name, line in lines.items()} == {
        "channel good": True,
        "channel old": False,
        "channel gone": False,
        "webhook token env:T_TOKEN": True,
        "webhook token env:T_WRONG": False,
    }
    assert all(line.ok or line.remedy for line in lines.values())
    assert "retired" in lines["channel old"].detail
    assert "bridge channels test good" in lines["channel good"].detail
    assert "SeCrEt" not in str(lines)
    assert client.sent == []


def test_a_host_without_an_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    host = "x" * 64 + ".example"  # too long a label: no name server is asked
    monkeypatch.setenv("T_LOST", f"https://{host}/powerautomate/x?sig=SeCrEt")
    settings = TeamsSettings.model_validate(
        {"allow_hosts": [host], "channels": {"lost": {"url": "env:T_LOST"}}}
    )

    (line,) = check(Recorder(settings=settings))

    assert not line.ok
    assert "no address" in line.detail


def test_a_connection_with_nothing_to_do_is_told() -> None:
    (line,) = check(Recorder())

    assert not line.ok
    assert "channels:" in line.remedy
