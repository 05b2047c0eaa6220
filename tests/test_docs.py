"""Documents that cannot rot: what there is is named where people look, and links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.settings import BridgeFile, Retention
from bridge.settings.environment import Settings, variable

ROOT = Path(__file__).parents[1]
DOCS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "src").rglob("README.md"),
    ]
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMANDS = ROOT / "docs" / "commands.md"
DECISIONS = ROOT / "docs" / "decisions"
DECISION_PARTS = ("**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**")
PAGE = 40  # lines of a decision


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    wanted = [one for one in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in one]

    assert [one for one in wanted if not (page.parent / one).exists()] == []


def test_what_is_said_to_be_proven_is_proven_somewhere() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[^`]*)`", page)

    assert len(named) > 20
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_each_failure_of_others_has_its_tests_and_its_place() -> None:
    page = (ROOT / "docs" / "failures.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")][2:]
    tests = [re.findall(r"`(tests/[^`:]+)::(test_\w+)`", row) for row in rows]
    places = [re.findall(r"`([a-z_]+/[\w./]*)`", row) for row in rows]

    assert all(tests)
    assert all(places)
    assert [
        (file, name)
        for row in tests
        for file, name in row
        if f"def {name}(" not in (ROOT / file).read_text("utf-8")
    ] == []
    source = ROOT / "src" / "bridge"
    assert [one for row in places for one in row if not (source / one).exists()] == []


def test_every_setting_is_described() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    variables = [variable(field) for field in Settings.model_fields]
    keys = [*BridgeFile.model_fields, *Retention.model_fields]

    assert [one for one in [*variables, *keys] if f"`{one}`" not in page] == []


def test_the_commands_are_described_as_they_are() -> None:
    """`make docs` writes them anew."""
    writer = [sys.executable, "-m", "typer", "bridge.cli.main", "utils", "docs", "--name", "bridge"]
    made = subprocess.run(writer, capture_output=True, text=True, check=True).stdout
    page = made.replace("&#x27;", "'").strip() + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        COMMANDS.write_text(page, encoding="utf-8")

    assert COMMANDS.read_text(encoding="utf-8") == page


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("*.md")), ids=lambda page: page.stem)
def test_a_decision_is_one_page_of_four_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert [part for part in DECISION_PARTS if part not in text] == []
    assert len(text.splitlines()) <= PAGE


def test_decisions_are_numbered_one_after_the_other() -> None:
    numbers = [int(page.name[:4]) for page in sorted(DECISIONS.glob("*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))
