"""`bridge stats` and `bridge people unattributed`, against a server on loopback."""

import json
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from bridge.access.keys import Role
from bridge.cli.main import app as commands
from bridge.connectors.simulation.serve import Served
from bridge.db import Database

Run = Callable[..., Result]


@pytest.fixture
def run(app: FastAPI, week: Database, key_of: Callable[[Role], str]) -> Iterator[Run]:
    """Runs a command as an operator, on a terminal that is wide enough."""
    with Served(app) as served:
        environment = {
            "BRIDGE_URL": served.url,
            "BRIDGE_KEY": key_of(Role.OPERATOR),
            "COLUMNS": "240",
        }

        def command(*words: str) -> Result:
            return CliRunner().invoke(commands, words, env=environment)

        yield command


def test_the_numbers_are_a_table(run: Run) -> None:
    shown = run("stats", "--since", "7d")

    assert shown.exit_code == 0
    lines = {line.split()[0]: line for line in shown.output.splitlines() if line}
    assert "median 5m, p85 1h" in lines["feedback_to_task"]
    assert "1 its create is dead: a person is needed" in lines["feedback_to_task"]
    assert "10 without a rule" in lines["unmatched"]
    assert "3 later, 1 earlier, median +2d, largest +30d" in lines["due_moves"]
    assert "2 dead" in lines["needs_person"]
    assert "bridge people unattributed" in shown.output


def test_the_numbers_are_json_for_programs(run: Run) -> None:
    shown = json.loads(run("stats", "--since", "2026-11-16T09:00:00Z", "--json").output)

    assert shown["feedback_to_task"]["median"] == {"seconds": 300.0, "event": "f1"}
    assert shown["window"]["since"] == "2026-11-16T09:00:00Z"


def test_a_number_shows_its_events(run: Run) -> None:
    shown = run("stats", "seam_to_engineering", "--since", "7d", "--limit", "2")
    everything = json.loads(run("stats", "seam_to_engineering", "--json").output)

    assert "f10" in shown.output
    assert "f1 " not in shown.output
    assert "there are more" in shown.output
    assert {one["event"] for one in everything} >= {"f1", "f2", "f9", "f10"}


def test_who_is_missing_in_the_file_is_listed(run: Run) -> None:
    shown = run("people", "unattributed", "--since", "7d")

    assert shown.exit_code == 0
    assert "account of unattributed" in shown.output


def test_a_wrong_time_is_said_in_one_line(run: Run) -> None:
    shown = run("stats", "--since", "soon")

    assert shown.exit_code != 0
    assert "write 7d or 12h for that long ago" in shown.stderr
