"""Broken mappings, each with what `bridge rules check` says first of it.

A file of `hostile/` begins `# expect:` and the whole line; `# as:` names the file it stands for, a
file of rules if left out. Beside it stand the sources and the people that we ship.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.check import findings
from bridge.rules.folder import read_folder

HOSTILE = sorted((Path(__file__).parent / "hostile").glob("*.yaml"))
SHIPPED = read_folder(Path(__file__).parents[2] / "mappings")
BESIDE = ("sources/", "people")
CONNECTIONS = {"jira": "jira", "salesforce": "salesforce", "teams": "teams"}
NAMES = {"teams": {"channels": ("engineering", "support", "operations")}}


@pytest.fixture
def around() -> Mapping[str, str]:
    return {name: text for name, text in SHIPPED.items() if name.startswith(BESIDE)}


@pytest.mark.parametrize("file", HOSTILE, ids=lambda file: file.stem)
def test_what_is_wrong_is_said_first_and_where(file: Path, around: Mapping[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    first, second, *_ = text.splitlines()
    place = second.removeprefix("# as: ") if second.startswith("# as: ") else f"rules/{file.name}"

    found = findings(
        {**around, place: text},
        kinds=standard(),
        actions=actions(),
        connections=CONNECTIONS,
        names=NAMES,
    )

    assert str(found[0]) == first.removeprefix("# expect: ")


def test_there_are_at_least_sixty() -> None:
    assert len(HOSTILE) >= 60
