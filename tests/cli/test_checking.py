"""`bridge rules check`: where it is wrong, in a form that leads there; and an exit code for CI."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bridge.cli.main import app
from rules.fakes import rule


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mappings folder with one rule without fault."""
    (tmp_path / "rules").mkdir()
    text = rule().replace("expect: []", "expect: [teams.post_card]")
    (tmp_path / "rules" / "r.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def checked(folder: Path) -> Result:
    """The answer to a rule that says `chanel`."""
    (folder / "rules" / "r.yaml").write_text(rule().replace("channel", "chanel"), encoding="utf-8")
    return CliRunner().invoke(app, ["rules", "check", str(folder)])


def test_without_fault_the_exit_code_is_0(folder: Path) -> None:
    result = CliRunner().invoke(app, ["rules", "check", str(folder), "--strict"])

    assert result.exit_code == 0
    assert result.output == "1 file without fault\n"


def test_a_fault_is_a_line_that_leads_to_its_place_and_exit_code_1(
    checked: Result, folder: Path
) -> None:
    first, *_ = checked.stdout.splitlines()

    assert checked.exit_code == 1
    assert first == f"{folder}/rules/r.yaml:7:29: unknown key `chanel`; did you mean `channel`?"
    assert checked.stderr == "1 file: 1 fault\n"


def test_a_warning_is_exit_code_0_and_with_strict_1(folder: Path) -> None:
    always = rule(condition='event.kind == "feedback.created"')
    text = always.replace("expect: []", "expect: [teams.post_card]")
    (folder / "rules" / "r.yaml").write_text(text, encoding="utf-8")

    result = CliRunner().invoke(app, ["rules", "check", str(folder)])
    strict = CliRunner().invoke(app, ["rules", "check", str(folder), "--strict"])

    assert result.exit_code == 0
    assert ":7:10: warning: this condition always holds; leave `if` out\n" in result.stdout
    assert strict.exit_code == 1
    assert strict.stderr == "1 file: 1 warning\n"


def test_a_folder_that_is_not_there_is_exit_code_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["rules", "check", str(tmp_path / "none")])

    assert result.exit_code == 2
    assert "no such folder of mappings" in result.stderr


def test_programs_get_rows(checked: Result, folder: Path) -> None:
    result = CliRunner().invoke(app, ["rules", "check", str(folder), "--json"])

    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {
            "file": f"{folder}/rules/r.yaml",
            "line": 7,
            "column": 29,
            "severity": "fault",
            "message": "unknown key `chanel`",
            "remedy": "did you mean `channel`?",
        }
    ]
