"""The rules for Prometheus and the handbook: what they name is there, and what is there is named."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from bridge.access.keys import Role, create
from bridge.metrics import Metrics
from bridge.web import api
from duties.house import House

ROOT = Path(__file__).parents[2]
FILE = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [rule for group in FILE["groups"] for rule in group["rules"]]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "bridge"


@pytest.fixture
def scraped(house: House) -> set[str]:
    """Names of all series that a running app shows to a viewer's key."""
    bridge = house.build()
    with house.database.transaction() as session:
        key = create(session, "prometheus", role=Role.VIEWER, now=house.clock.now())
    client = TestClient(api(bridge))
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {key.token}"})
    client.close()
    assert answer.status_code == 200
    return {
        f"{family.name}{ending}"
        for family in text_string_to_metric_families(answer.text)
        for ending in ("", "_total", "_bucket", "_count", "_sum")
    }


def said() -> Iterator[str]:
    """Every attribute that some module names."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and path.name != "metrics.py":
                yield node.attr


def lowered() -> Iterator[str]:
    """The kind of each alarm that some module lowers."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "lower"
            ):
                yield from (
                    str(word.value.value)
                    for word in node.keywords
                    if word.arg == "kind" and isinstance(word.value, ast.Constant)
                )


def test_every_metric_an_alert_asks_for_is_shown(scraped: set[str]) -> None:
    asked = {name for rule in RULES for name in re.findall(r"\bbridge_\w+", rule["expr"])}

    assert asked
    assert asked <= scraped


def test_every_word_of_the_metrics_is_said_by_somebody() -> None:
    """A metric that nobody feeds would keep its alert silent for ever."""
    words = {name for name, made in vars(Metrics).items() if callable(made) and name[0] != "_"}

    assert words - set(said()) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_in_the_handbook(rule: dict[str, Any]) -> None:
    assert f"`{rule['alert']}`" in OPERATIONS


def test_every_kind_of_alarm_is_in_the_handbook() -> None:
    kinds = set(lowered())

    assert {"paused", "silent", "dead", "bad", "at_fault", "restored"} <= kinds
    assert {kind for kind in kinds if f"`{kind}`" not in OPERATIONS} == set()
