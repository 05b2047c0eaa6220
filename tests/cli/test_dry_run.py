"""`bridge rules dry-run` at the terminal, in CI, and for programs."""

import shutil
from pathlib import Path

import pytest

from cli.house import MAPPINGS, TROUBLE, House


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """The folder that is active in the house."""
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    shutil.copy(TROUBLE, tmp_path / "mappings" / "rules")
    return tmp_path / "mappings"


@pytest.fixture
def wider(mappings: Path) -> Path:
    """The same, with one threshold changed: feedback of medium severity becomes a task as well."""
    file = mappings / "rules" / "feedback.yaml"
    text = file.read_text().replace('["critical", "high"]', '["critical", "high", "medium"]')
    file.write_text(text)
    return mappings


def test_the_active_folder_makes_no_difference(house: House, mappings: Path) -> None:
    found = house.run("rules", "dry-run", str(mappings), "--fail-on-change")

    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("No difference: 8 deliveries as they were decided.")


def test_one_changed_threshold_is_seen_before_it_is_live(house: House, wider: Path) -> None:
    found = house.run("rules", "dry-run", str(wider), "--fail-on-change", columns=200)

    assert found.exit_code == 1
    assert "2 deliveries added, 0 removed, 0 changed; 8 were owed, 10 would be." in found.stdout
    assert "2 → 3    4 → 6  2      0        0        0       feedback-becomes-engineering-task" in (
        found.stdout
    )
    assert "feedback.created" in found.stdout
    assert "feedback.severity is medium" in found.stdout


def test_a_version_can_be_tried_as_a_folder_can(house: House) -> None:
    found = house.run("rules", "dry-run", "active", "--since", "1h")

    assert found.stdout.startswith("No difference")


def test_programs_get_the_report_and_people_a_page_for_the_pull_request(
    house: House, wider: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.md"

    report = house.asked(
        "rules", "dry-run", str(wider), "--rule", "feedback-becomes-engineering-task"
    )
    written = house.run("rules", "dry-run", str(wider), "--markdown", "--out", str(page))

    assert (report["differs"], report["deliveries"]["added"], len(report["rules"][0])) == (
        True,
        2,
        13,
    )
    assert written.stdout == ""
    assert page.read_text().startswith("## Dry-run on the past\n\n**2 deliveries added")


def test_what_cannot_be_tried_says_why_in_one_line(house: House, mappings: Path) -> None:
    (mappings / "rules" / "bad.yaml").write_text("version: 1\nrulez: []\n")

    found = house.run("rules", "dry-run", str(mappings))

    assert found.exit_code == 2
    assert "rules/bad.yaml:2:1" in found.stderr
