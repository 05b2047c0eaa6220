"""The README says every setting and every field there is, and its examples load."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.connectors import teams
from bridge.connectors.teams import PostCard, TeamsSettings
from bridge.connectors.teams.settings import ChannelSettings, WebhookSettings

README = (Path(teams.__file__).parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)]


@pytest.mark.parametrize("model", [ChannelSettings, WebhookSettings, PostCard])
def test_every_field_is_named(model: Any) -> None:
    missing = [name for name in model.model_fields if not re.search(rf"\b{name}\b", README)]

    assert missing == []


def test_the_settings_of_the_examples_load() -> None:
    connection, webhook, _ = EXAMPLES

    loaded = TeamsSettings.model_validate({**connection["connections"]["teams"], **webhook})

    assert list(loaded.channels) == ["engineering"]
    assert loaded.webhook is not None


def test_the_action_of_the_examples_loads() -> None:
    card = PostCard.model_validate(EXAMPLES[2][0]["teams.post_card"])

    assert card.channel == "engineering"
    assert card.mentions[0].name == "Dana Reyes"
