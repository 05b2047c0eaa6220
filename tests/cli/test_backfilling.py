"""A backfill at the command line: counted, shown, run, followed; and left alone by Ctrl-C."""

from datetime import timedelta
from typing import Any

import pytest
import typer
from typing_extensions import override

from bridge.cli.backfills import _follow
from bridge.cli.client import Api
from chaos.past import long_ago
from cli.house import House

DAYS = timedelta(days=90)


class Interrupted(Api):
    """Whoever watches presses Ctrl-C."""

    def __init__(self) -> None:
        pass

    @override
    def read(self, path: str, **query: Any) -> Any:
        raise KeyboardInterrupt


def test_the_past_is_counted_shown_and_then_read_in(own_house: House) -> None:
    own_house.stage.jira.set_index_lag(0)
    with long_ago(own_house.stage.jira, DAYS):
        keys = [own_house.stage.jira.create_issue(f"Old {number}") for number in range(30)]
    before = len(own_house.asked("deliveries"))
    query = f'summary ~ "Old" AND key in ({", ".join(keys)})'

    plan = own_house.run("backfill", "engineering-work", "--query", query, "--dry-run")
    (row,) = own_house.asked("backfills")
    ran = own_house.run("backfills", "run", row["id"], role="operator")
    own_house.settle()
    again = own_house.asked("backfill", "engineering-work", "--query", query)
    told = own_house.asked("events", "--limit", "200")

    assert "30 records, 0 of them known as they are; 0 of 30 read" in plan.output
    assert "1 call, about" in plan.output
    assert f"bridge backfills run {row['id']}" in plan.output
    assert (row["state"], row["done"]) == ("planned", 0)
    assert "30 of 30 read" in ran.output, ran.output
    assert (again["state"], again["found"], again["known"], again["total"]) == ("done", 30, 30, 0)
    assert [one["origin"] for one in told].count("backfill") == 30
    assert len(own_house.asked("deliveries")) == before


def test_what_cannot_be_done_now_says_so(own_house: House) -> None:
    unknown = own_house.run("backfill", "engineering")
    refused = own_house.run("backfill", "engineering-work", "--query", "wrong ~ jql AND")
    (failed,) = own_house.asked("backfills")
    late = own_house.run("backfills", "pause", failed["id"])

    assert "there is no source 'engineering'; there are: " in unknown.output
    assert "customer-feedback, customer-file, engineering-comment" in unknown.output
    assert refused.exit_code == late.exit_code == 2
    assert failed["state"] == "failed"
    assert "JQL" in failed["problem"]
    assert "is failed" in late.output
    assert own_house.run("backfill", "engineering-work", role="viewer").exit_code == 2


def test_ctrl_c_ends_the_watching_and_says_how_to_follow(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit) as left:
        _follow(Interrupted(), "bfl_x")

    assert left.value.exit_code == 130
    assert "bridge backfills follow bfl_x" in capsys.readouterr().err
