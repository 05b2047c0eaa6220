"""The README says every setting, every event and every action there is, and its examples load."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.connectors import jira
from bridge.connectors.jira.actions import ACTIONS
from bridge.connectors.jira.inbound import HANDLERS, translate
from bridge.connectors.jira.settings import JiraSettings, Webhook
from connectors.jira.harbour import settings_of, unsigned

README = (Path(jira.__file__).parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)]
INHERITED = {"system", "mode", "concurrency", "deadline", "allow_hosts", "silent_after"}
INHERITED |= {"bulk", "limits", "reserve"}


@pytest.mark.parametrize("model", [JiraSettings, Webhook])
def test_every_setting_is_named(model: Any) -> None:
    missing = [name for name in model.model_fields if not re.search(rf"\b{name}\b", README)]

    assert set(missing) <= INHERITED


def test_every_action_is_named() -> None:
    assert [action.kind for action in ACTIONS if f"`{action.kind}`" not in README] == []


def test_every_handled_event_is_named() -> None:
    ends = {event.rpartition(":")[2].partition("_")[2] for event in HANDLERS}

    assert [end for end in sorted(ends) if f"_{end}`" not in README] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_settings_of_the_examples_load(example: dict[str, Any]) -> None:
    (settings,) = example["connections"].values()

    assert JiraSettings.model_validate(settings).webhook.secrets


def test_the_custom_data_we_propose_is_understood() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    said = {
        "{{issue.summary.asJsonString}}": '"Tides"',
        "{{issue.updated.jiraDateTime}}": "2026-11-19T10:30:45.120+0100",
    }
    for name, value in said.items():
        block = block.replace(name, value)
    body = re.sub(r"\{\{[^}]*\}\}", "20417", block).encode()

    (snapshot,) = translate(settings_of(), unsigned(body)).snapshots

    assert snapshot.fields["summary"] == "Tides"
    assert snapshot.fields["status"] == {"name": "20417"}
    assert snapshot.stamp is not None
