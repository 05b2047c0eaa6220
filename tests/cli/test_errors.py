"""What goes wrong at the command line is one line that names the remedy, and an exit code."""

import pytest
from typer.testing import CliRunner

from bridge.cli.main import app
from cli.house import House

NOWHERE = {"BRIDGE_URL": "http://127.0.0.1:9", "BRIDGE_KEY": "brk_a_b", "COLUMNS": "200"}


def test_no_server_is_said_in_one_line_with_what_to_do() -> None:
    result = CliRunner().invoke(app, ["failures"], env=NOWHERE)

    assert result.exit_code == 3
    assert result.stderr == (
        "bridge: no server at http://127.0.0.1:9; is `bridge serve` running?"
        " BRIDGE_URL says where it is\n"
    )


def test_no_key_is_said_with_the_command_that_makes_one() -> None:
    result = CliRunner().invoke(app, ["failures"], env={**NOWHERE, "BRIDGE_KEY": ""})

    assert result.exit_code == 2
    assert "BRIDGE_KEY is not set; make a key with: bridge keys create NAME" in result.stderr


def test_a_key_that_is_nobodys_is_said(house: House) -> None:
    result = house.run("failures", env={"BRIDGE_KEY": "brk_0123_wrong"})

    assert result.exit_code == 2
    assert "no key is like this one" in result.stderr
    assert "brk_0123_wrong" not in result.output


def test_a_url_that_is_none_is_named(house: House) -> None:
    result = house.run("failures", env={"BRIDGE_URL": "bridge.example.com"})

    assert result.exit_code == 2
    assert "BRIDGE_URL" in result.stderr


def test_what_answers_but_is_not_bridge_is_said(house: House) -> None:
    result = house.run("failures", env={"BRIDGE_URL": f"{house.stage.served[2].url}/_sim/#"})

    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_a_time_that_is_none_is_named_with_the_right_form(house: House) -> None:
    result = house.run("events", "--since", "yesterday")

    assert result.exit_code == 2
    assert "--since: 'yesterday' is no time; use 30m, 2h, 7d" in result.stderr


def test_a_database_that_does_not_answer_is_one_line() -> None:
    url = "postgresql://ann:hunter2@127.0.0.1:9/x"

    result = CliRunner().invoke(
        app, ["keys", "list"], env={"BRIDGE_DATABASE_URL": url, "BRIDGE_URL": "", "BRIDGE_KEY": ""}
    )

    assert result.exit_code == 3
    assert "the database does not answer" in result.stderr
    assert "hunter2" not in result.output


@pytest.mark.parametrize("words", [("deliveries", "show", "dlv_x"), ("records", "ENG-999"),
                                   ("holds", "release", "hld_x"), ("replays", "show", "rpl_x"),
                                   ("events", "show", "evt_x"), ("messages", "show", "msg/x"),
                                   ("replay", "dlv_x", "--dry-run"),
                                   ("cancel", "dlv_x", "dlv_y", "--yes")],
                         ids=" ".join)  # fmt: skip
def test_what_is_not_there_is_named(house: House, words: tuple[str, ...]) -> None:
    result = house.run(*words)

    assert result.exit_code == 2
    assert "Not found" in result.stderr


def test_a_time_without_what_happens_then_is_said_in_the_words_of_the_command(house: House) -> None:
    result = house.run("holds", "set", "hld_x", "--in", "4h")

    assert result.exit_code == 2
    assert "--in and --then go together" in result.stderr


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("deliveries", "--state", "broken"), "'dead'"),
        (("replays", "items", "rpl_x", "--will", "perhaps"), "'give_way'"),
    ],
)
def test_a_wrong_word_is_answered_with_the_words_there_are(
    house: House, words: tuple[str, ...], right: str
) -> None:
    result = house.run(*words)

    assert result.exit_code == 2
    assert right in result.stderr


@pytest.mark.parametrize("command", [["work"], ["serve", "--receive-only"]])
def test_two_processes_on_sqlite_are_refused_with_the_reason(command: list[str]) -> None:
    result = CliRunner().invoke(app, command, env={"BRIDGE_DATABASE_URL": "sqlite:///x.db"})

    assert result.exit_code == 2
    assert "a SQLite file serves one process" in result.stderr
    assert "postgresql://" in result.stderr
