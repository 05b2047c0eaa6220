"""Settings of a Teams connection."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.connectors.teams import validate
from bridge.connectors.teams.settings import TeamsSettings, channel_address, hosts
from bridge.errors import SettingError, Unconfigured

HOST = "default0a.9f.environment.api.powerplatform.com"
GOOD = f"https://{HOST}/powerautomate/automations/direct/workflows/ab/triggers/manual/paths/invoke?sig=x"


def settings(**channels: str) -> TeamsSettings:
    return TeamsSettings.model_validate(
        {"system": "teams", "channels": {name: {"url": where} for name, where in channels.items()}}
    )


def test_the_hosts_are_those_of_urls_that_are_there_and_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEAMS_GOOD", GOOD)
    monkeypatch.setenv("TEAMS_BAD", "https://webhook.office.com/x")

    found = hosts(settings(good="env:TEAMS_GOOD", bad="env:TEAMS_BAD", gone="env:TEAMS_GONE"))

    assert found == (HOST,)


def test_a_start_is_refused_for_wrong_urls_and_names_each_channel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEAMS_BAD", "https://webhook.office.com/x")
    monkeypatch.setenv("TEAMS_WORSE", "ftp://nowhere")

    with pytest.raises(SettingError) as caught:
        validate(settings(bad="env:TEAMS_BAD", worse="env:TEAMS_WORSE", gone="env:TEAMS_GONE"))

    assert "channels.bad.url" in str(caught.value)
    assert "channels.worse.url" in str(caught.value)
    assert "gone" not in str(caught.value)


def test_a_start_goes_on_when_a_secret_is_only_missing() -> None:
    lacking = settings(gone="env:TEAMS_GONE")

    validate(lacking)

    with pytest.raises(Unconfigured, match="env:TEAMS_GONE"):
        channel_address(lacking, "gone")


def test_a_rotated_url_is_used_without_a_restart(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text(GOOD + "\n")
    rotating = settings(alerts=f"file:{secret}")

    before = channel_address(rotating, "alerts")
    secret.write_text(GOOD + "y\n")

    assert before.url == GOOD
    assert channel_address(rotating, "alerts").url == GOOD + "y"


def test_an_unknown_channel_is_told_the_known_ones() -> None:
    with pytest.raises(SettingError, match="there are: alerts"):
        channel_address(settings(alerts="env:X"), "alert")


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": {"Alerts!": {"url": "env:X"}}},
        {"channels": {"alerts": {"url": GOOD}}},
        {"channels": {"alerts": {"url": "env:X", "colour": "red"}}},
        {"webhook": {"secrets": [], "tenants": ["t"]}},
        {"webhook": {"secrets": ["env:X"], "tenants": []}},
        {"webhook": {"secrets": ["env:X"], "tenants": [" "]}},
        {"webhook": {"secrets": ["env:X"], "tenants": ["t"], "tolerance": 300}},
        {"system": "jira"},
    ],
)
def test_a_wrong_setting_does_not_load(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TeamsSettings.model_validate({"system": "teams", **wrong})


def test_the_tolerance_is_written_as_a_duration() -> None:
    loaded = TeamsSettings.model_validate(
        {"webhook": {"secrets": ["env:X"], "tenants": ["t"], "tolerance": "10m"}}
    )

    assert loaded.webhook is not None
    assert loaded.webhook.tolerance.total_seconds() == 600
