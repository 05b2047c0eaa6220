"""Secrets and personal data stand in no log line and no metric, however much is logged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cli.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Everything is logged."""
    made = House.up(tmp_path, level="debug")
    yield made
    made.close()


def secrets(house: House) -> set[str]:
    """Whatever a file of the configuration refers to, the keys, and what we signed in with."""
    config = yaml.safe_load((house.stage.folder / "bridge.yaml").read_text(encoding="utf-8"))
    found = {*house.keys.values(), house.stage.key.token}
    parts = [config]
    while parts:
        match parts.pop():
            case dict() as some:
                parts += some.values()
            case list() as some:
                parts += some
            case str(text) if text.startswith("file:"):
                found.add(Path(text.removeprefix("file:")).read_text(encoding="utf-8"))
    signatures = {part.split("sig=")[1].split("&")[0] for part in found if "sig=" in part}
    return found | signatures | {key.split("_", 2)[2] for key in found if key.startswith("brk_")}


def test_no_secret_and_no_word_of_a_customer_is_logged_or_counted(house: House) -> None:
    stage = house.stage
    stage.jira.comment("ENG-1", "Call Ada Lovelace at ada@example.com about it.")
    stage.jira.revoke_credentials()
    house.feedback("Critical", title="Ada's router")
    house.feedback("Medium", title="Nothing maps this")
    house.run("failures", role="viewer", env={"BRIDGE_KEY": "brk_0123_guess"})
    house.run("deliveries", "show", house.asked("deliveries")[0]["id"], "--reveal")
    stage.jira.restore_credentials()
    house.settle()
    house.run("replay", "--yes", "--why", "a try")
    house.settle()

    log = house.lines.getvalue()
    metrics = stage.bridge.metrics.exposition().decode()
    personal = {"Words of a customer", "Lovelace", "Ada's", "ada@example.com", "bridge@example.com",
                "Critical trouble", "Low trouble", "Nothing maps this"}  # fmt: skip
    assert len(secrets(house)) > 12
    assert log.count('"event":"outbox.ended"') > 8
    assert "access.refused" in log
    for text in (log, metrics):
        assert [word for word in secrets(house) | personal if word in text] == []
    assert "brk_0123_guess" not in log
