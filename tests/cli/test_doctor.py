"""`bridge doctor`: every setting with its source, no secret; and whether we are let in."""

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bridge.cli.main import app
from bridge.settings.environment import Settings, variable
from cli.house import MAPPINGS, House

SECRETS = {
    "JIRA_TOKEN": "hunter2-jira-token",
    "JIRA_HOOK": "hunter2-jira-hook",
    "SF_SECRET": "hunter2-client-secret",
    "SF_PATH": "hunter2-path-secret",
    "MAIL_PASSWORD": "hunter2-mail",
    "HOOK_URL": "https://hooks.example.com/hunter2-url",
    "HOOK_KEY": "hunter2-hook-key",
}


@pytest.fixture
def configured(tmp_path: Path) -> dict[str, str]:
    """An environment and a file with a secret of each sort; nothing answers at the addresses."""
    path = tmp_path / "bridge.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "connections": {
                    "jira": {
                        "system": "jira",
                        "url": "http://127.0.0.1:9",
                        "email": "bridge@example.com",
                        "token": "env:JIRA_TOKEN",
                        "webhook": {"secrets": ["env:JIRA_HOOK"]},
                    },
                    "salesforce": {
                        "system": "salesforce",
                        "url": "http://127.0.0.1:9",
                        "organization_id": "00D000000000001",
                        "auth": {
                            "flow": "client_credentials",
                            "client_id": "x",
                            "client_secret": "env:SF_SECRET",
                        },
                        "webhook": {"path_secrets": ["env:SF_PATH"]},
                    },
                    "teams": {"system": "teams"},
                },
                "alarms": [
                    {"webhook": {"url": "env:HOOK_URL", "secret": "env:HOOK_KEY"}},
                    {
                        "smtp": {
                            "host": "mail.example.com",
                            "from": "bridge@example.com",
                            "to": ["ops@example.com"],
                            "user": "bridge",
                            "password": "env:MAIL_PASSWORD",
                        }
                    },
                ],
            }
        )
    )
    return {
        **SECRETS,
        "BRIDGE_CONFIG": str(path),
        "BRIDGE_MAPPINGS": str(MAPPINGS),
        "BRIDGE_DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}",
        "COLUMNS": "200",
    }


class Doctor:
    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["doctor", *words], env=self._environment)


@pytest.mark.parametrize("words", [(), ("--json",)], ids=["table", "json"])
def test_no_secret_value_is_printed(configured: dict[str, str], words: tuple[str, ...]) -> None:
    result = Doctor(configured)(*words)

    assert result.exit_code == 1  # nothing answers there
    assert "hunter2" not in result.output
    assert "env:JIRA_TOKEN (set)" in result.output


def test_every_setting_is_shown_with_where_it_came_from(configured: dict[str, str]) -> None:
    found = json.loads(Doctor(configured)("--json").stdout)

    origin = {one["setting"]: one["source"] for one in found["settings"]}
    assert {variable(field) for field in Settings.model_fields} <= set(origin)
    assert origin["BRIDGE_PORT"] == "default"
    assert origin["BRIDGE_MAPPINGS"] == "environment"
    assert re.search(r"bridge\.yaml:\d+", origin["connections.jira.token"])


def test_what_cannot_be_reached_is_said_with_its_connection(configured: dict[str, str]) -> None:
    found = json.loads(Doctor(configured)("--json").stdout)

    failed = {one["of"] for one in found["checks"] if not one["ok"]}
    assert {"jira", "salesforce"} <= failed
    (inside,) = [one for one in found["checks"] if one["of"] == "bridge" and not one["ok"]]
    assert inside["check"] == "mappings"
    assert "connection `teams` has no channel `operations`" in inside["detail"]


def test_a_house_in_order_is_told_apart_from_one_that_is_not(house: House) -> None:
    folder = house.stage.folder
    result = Doctor(
        {
            "BRIDGE_CONFIG": str(folder / "bridge.yaml"),
            "BRIDGE_MAPPINGS": str(house.stage.bridge.loaded.settings.mappings),
            "BRIDGE_DATABASE_URL": house.stage.bridge.loaded.settings.database_url,
            "COLUMNS": "100",
        }
    )()

    assert "answers, and has this version's schema" in result.output
    assert "files without fault" in result.output
    assert not re.search(r"\bNO\b", result.output)
    assert result.exit_code == 0


def test_a_fault_in_the_mappings_is_found_before_the_start(
    configured: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "wrong.yaml").write_text("version: 1\nrules: [{id: x}]\n")

    result = Doctor({**configured, "BRIDGE_MAPPINGS": str(tmp_path)})()

    assert "rules/wrong.yaml:2" in result.output
    assert "bridge rules check" in result.output


def test_a_card_is_sent_to_a_channel_by_name(house: House) -> None:
    environment = {"BRIDGE_CONFIG": str(house.stage.folder / "bridge.yaml")}
    before = len(house.stage.teams.cards("operations"))

    sent = CliRunner().invoke(app, ["channels", "test", "operations"], env=environment)
    wrong = CliRunner().invoke(app, ["channels", "test", "nowhere"], env=environment)

    assert sent.exit_code == 0, sent.output
    assert "a 202 is no proof" in sent.output
    assert len(house.stage.teams.cards("operations")) == before + 1
    assert wrong.exit_code == 2
    assert "no channel 'nowhere'; there are: alarms, engineering" in wrong.stderr


WRONG = {
    "BRIDGE_PORT": ("eighty", "should be a whole number"),
    "BRIDGE_DATABASE_URL": ("mysql://x/y", "postgresql://"),
    "BRIDGE_PUBLIC_URL": ("bridge.example.com", "https://bridge.example.com"),
    "BRIDGE_LOG_LEVEL": ("loud", "'debug'"),
    "BRIDGE_LOG_FORMAT": ("xml", "'json'"),
    "BRIDGE_WORKERS": ("0", "greater than or equal to 1"),
    "BRIDGE_MAX_IN_FLIGHT_BYTES": ("1", "greater than or equal to"),
    "BRIDGE_CONFIG": ("/nowhere/bridge.yaml", "/nowhere/bridge.yaml"),
    "BRIDGE_MAPPINGS": ("/nowhere/mappings", "/nowhere/mappings"),
    "BRIDGE_NODE": ("two words", "pattern"),
    "BRIDGE_PROT": ("8080", "did you mean BRIDGE_PORT?"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_stops_the_start_with_its_name_and_what_would_be_right(
    name: str, configured: dict[str, str]
) -> None:
    value, right = WRONG[name]

    result = CliRunner().invoke(app, ["serve"], env={**configured, name: value})

    assert result.exit_code == 2
    assert name in result.stderr
    assert right in result.stderr


def test_a_key_for_the_command_line_in_the_environment_is_no_wrong_setting(
    configured: dict[str, str],
) -> None:
    asking = {"BRIDGE_URL": "https://bridge.example.com", "BRIDGE_KEY": "brk_a_b"}

    result = Doctor({**configured, **asking})("--json")

    assert json.loads(result.stdout)["checks"]
    assert "brk_a_b" not in result.output
