"""Over real sockets: of a rule that goes wild no more gets out than its cap, and all else goes on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.db import Database
from caps.stampede import CAP, RULES, Stampede
from e2e.mortal import furnish
from e2e.served import SCALE

TOKEN = "jira-token"
ALERTS = 600
BATCH = 50  # messages that a node brings to the outbox at once


@pytest.fixture
def stampede(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stampede]:
    """On a database of the kind that the test says, without a schema yet."""
    jira = JiraSimulator(clock=SystemClock(), pace=Pace(SCALE), seed=5, token=TOKEN)
    with ExitStack() as stack:
        stack.callback(jira.close)
        served = stack.enter_context(Served(jira.app))
        jira.site_url = served.url
        if request.param == "postgresql":
            make: Callable[[str], Database] = request.getfixturevalue("new_postgres")
            database = make("template1")
        else:
            database = Database(f"sqlite:///{tmp_path / 'bridge.db'}")
            stack.callback(database.close)
        url = database.url.render_as_string(hide_password=False)
        home = furnish(tmp_path, database_url=url, jira_url=served.url, token=TOKEN)
        (tmp_path / "mappings" / "rules" / "monitor.yaml").write_text(RULES, "utf-8")
        yield Stampede(home=home, database=database, jira=jira)


@pytest.mark.parametrize("stampede", ["sqlite", "postgresql"], indirect=True)
def test_a_mass_update_is_held_at_the_cap_while_another_rule_goes_on(stampede: Stampede) -> None:
    with stampede.nodes(1) as (monitor,):
        with monitor.sending(count()):
            assert monitor.wait_for(ALERTS)
        held, over = stampede.is_held(), stampede.is_over()

    arrived, states = stampede.arrived(), stampede.states()
    assert (held, over) == (True, True)
    tenth = {number for number in monitor.acknowledged if number % 10 == 0}
    assert arrived["wild"] <= CAP
    assert arrived["calm"] >= len(tenth) >= ALERTS // 20
    assert states.keys() == {"held", "succeeded"}
    assert states["succeeded"] == arrived["wild"]
    assert states["held"] >= ALERTS - CAP
    assert stampede.alarms() == ["blast:wild"]


@pytest.mark.parametrize("stampede", ["postgresql"], indirect=True)
def test_two_nodes_let_no_more_out_than_the_cap_a_slice_and_a_batch(stampede: Stampede) -> None:
    with stampede.nodes(2) as (one, other):
        with one.sending(count(0, 2)), other.sending(count(1, 2)):
            assert one.wait_for(ALERTS // 2)
            assert other.wait_for(ALERTS // 2)
        held, over = stampede.is_held(), stampede.is_over()

    arrived, states = stampede.arrived(), stampede.states()
    assert (held, over) == (True, True)
    tenth = {number for number in one.acknowledged if number % 10 == 0}
    assert arrived["wild"] <= CAP + CAP // 20 + BATCH
    assert arrived["calm"] >= len(tenth) >= ALERTS // 40
    assert sum(states.values()) >= ALERTS
    assert stampede.alarms() == ["blast:wild"]
