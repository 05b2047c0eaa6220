"""`bridge rules capture`: what happened becomes a test in the mapping file, and nobody is named in it."""

import difflib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from cli.house import MAPPINGS, House

RULE = "feedback-becomes-engineering-task"
FILE = Path("rules/feedback.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The mappings as somebody has them on their disk."""
    return Path(shutil.copytree(MAPPINGS, tmp_path / "mine"))


@pytest.fixture
def happened(house: House) -> str:
    """The event of the critical case."""
    case = house.cases["critical"]
    events = house.asked("events", "--kind", "feedback.created")
    return str(next(one["id"] for one in events if one["subject"].endswith(case)))


@pytest.fixture
def captured(house: House, folder: Path, happened: str) -> Callable[..., Result]:
    """`bridge rules capture` of that event with that folder."""

    def run(*words: str, role: str = "operator") -> Result:
        return house.run("rules", "capture", happened, str(folder), *words, role=role)

    return run


def test_it_is_printed_as_it_would_stand_in_the_file(captured: Callable[..., Result]) -> None:
    result = captured("--rule", RULE, "--name", "a critical case")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("      - name: a critical case\n        given:\n")
    assert "title: Title 1" in result.stdout
    assert "          - jira.create_issue:\n" in result.stdout
    assert "Critical trouble" not in result.output
    assert "Words of a customer" not in result.output
    assert "replaced: body" in result.stderr


def test_it_is_written_behind_the_other_tests_and_passes_there(
    captured: Callable[..., Result], house: House, folder: Path
) -> None:
    before = (folder / FILE).read_text(encoding="utf-8")

    result = captured("--rule", RULE, "--write", "--name", "a critical case")
    tested = house.run("rules", "test", str(folder), "--rule", RULE, "--name", "a critical case")

    after = (folder / FILE).read_text(encoding="utf-8")
    lines = after.splitlines()
    at = 1 + lines.index("      - name: a critical case")
    changes = {one[0] for one in difflib.ndiff(before.splitlines(), lines)}
    assert result.exit_code == 0, result.output
    assert f"{folder / FILE}:{at}: the test was added to {RULE}" in result.output
    assert changes == {" ", "+"}
    assert tested.output == "1 passed, 0 failed\n"
    assert [one.name for one in (folder / "rules").iterdir() if one.suffix != ".yaml"] == []


def test_the_rule_is_the_one_of_the_folder_not_the_active_one(
    captured: Callable[..., Result], folder: Path
) -> None:
    text = (folder / FILE).read_text(encoding="utf-8")
    (folder / FILE).write_text(text.replace("channel: engineering", "channel: support"), "utf-8")

    assert "channel: support" in captured("--rule", RULE).stdout


def test_words_on_which_a_rule_rests_stop_it_until_they_are_kept(
    captured: Callable[..., Result], folder: Path
) -> None:
    text = (folder / FILE).read_text(encoding="utf-8")
    words = 'has(feedback.product) && has(feedback.title) && feedback.title.contains("trouble")'
    changed = text.replace("has(feedback.product)", words, 1)
    (folder / FILE).write_text(changed, encoding="utf-8")

    lost = captured("--rule", RULE, "--write")
    unchanged = (folder / FILE).read_text(encoding="utf-8")
    kept = captured("--rule", RULE, "--keep", "title")

    assert lost.exit_code == 1
    assert "the test asks for nothing" in lost.stderr
    assert "to keep them: --keep title" in lost.stderr
    assert unchanged == changed
    assert kept.exit_code == 0
    assert "title: Critical trouble" in kept.stdout


@pytest.mark.parametrize(
    ("words", "role", "code", "said"),
    [
        (("--rule", "incident-rased"), "operator", 2, "did you mean `incident-raised`?"),
        (("--rule", RULE), "viewer", 2, "this needs the role operator"),
    ],
)
def test_what_cannot_be_captured_says_why(
    words: tuple[str, ...], role: str, code: int, said: str, captured: Callable[..., Result]
) -> None:
    result = captured(*words, role=role)

    assert result.exit_code == code
    assert said in result.output


def test_an_event_that_is_not_there_is_said(house: House, folder: Path) -> None:
    result = house.run("rules", "capture", "evt_x", str(folder))

    assert result.exit_code == 2
    assert "event evt_x" in result.output


def test_programs_get_the_test_as_json(captured: Callable[..., Result]) -> None:
    found = json.loads(captured("--rule", RULE, "--json", "--brief").stdout)

    assert found["rule"] == RULE
    assert found["test"]["given"]["feedback"]["severity"] == "critical"
    assert "created_at" not in found["test"]["given"]["feedback"]
    assert found["differs"] == found["because"] == []
