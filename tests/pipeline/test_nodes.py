"""Two nodes on one database, and any order of arrival: the same end at the vendors, nothing twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.db import Database
from bridge.outbox.tables import OPEN
from bridge.pipeline import Intake
from clocks import START, FakeClock
from pipeline.town import RULES, Town, rule
from properties import SHARING

CASES = 8
BOARD = rule(
    name="board",
    when="[work_item.created, work_item.updated, work_item.linked]",
    more="each: {linked: feedback}\n    origins: [webhook, own]",
    do='[{crm.update_record: {fields: {Column: "${rollup.status}"}}}]',
).partition("rules:\n")[2]
STATES = ("todo", "in_progress", "done")
HISTORY = tuple(
    {
        "object": "issue",
        "id": "1",
        "act": "updated",
        "version": str(number),
        "stamp": (START + timedelta(seconds=10 + number)).isoformat(),
        "fields": {"status": after, "key": "T-1"},
        "moved": {"status": [before, after]},
    }
    for number, (before, after) in enumerate(pairwise(STATES), 1)
)


@given(order=st.permutations([*HISTORY, *HISTORY]), late=st.booleans())
@settings(suppress_health_check=SHARING, max_examples=15)
def test_whatever_comes_first_the_board_ends_where_the_work_does(
    order: list[dict[str, object]], late: bool, new_town: Callable[[], Town]
) -> None:
    town = new_town()
    town.live_by(RULES + BOARD)
    town.case("1", Title="Reboots", Severity="Critical")
    if not late:
        town.settle()
    for told in order:
        town.tell("tracker", told)

    town.settle()

    assert town.crm.records["1"]["Column"] == "done"
    assert town.record("tracker:issue:1").data["status"] == "done"
    assert len({row.id for row in town.events("work_item.updated")}) == len(
        town.events("work_item.updated")
    )


def test_two_nodes_carry_everything_once(database: Database, clock: FakeClock) -> None:
    one = Town(database=database, clock=clock)
    one.live_by(RULES + BOARD)
    nodes = [one, one.beside()]
    for number in range(CASES):
        one.case(str(number), Title=f"Case {number}", Severity="Critical", Send=False)
        one.case(str(number), Title=f"Case {number} again", Severity="Critical", Send=True)

    for _ in range(2):
        start = threading.Barrier(len(nodes))
        with ThreadPoolExecutor(len(nodes)) as pool:
            for running in [pool.submit(node.work_along, start) for node in nodes]:
                running.result(timeout=120)
        for issue in one.tracker.records:
            one.issue(issue, status="done", key=f"T-{issue}")

    one.wait(60)
    states = {row.state for row in one.deliveries()}
    titles = sorted(row["summary"] for row in one.tracker.records.values())
    assert titles == [f"Case {number} again" for number in range(CASES)]
    assert len([done for done in one.tracker.asked if done.startswith("create")]) == CASES
    assert len(one.chat.asked) == len(set(one.chat.asked)) == CASES
    assert {one.crm.records[str(number)].get("Column") for number in range(CASES)} == {"done"}
    assert OPEN.isdisjoint(states)
    assert "dead" not in states
    assert one.said.down == {}


def test_a_second_intake_takes_what_the_first_has_not(database: Database, clock: FakeClock) -> None:
    town = Town(database=database, clock=clock)
    town.live_by()
    for number in range(6):
        town.case(str(number), Title=f"Case {number}", Severity="Low")
    other = Intake(world=town.new_world(), pulse=town.dispatcher.pulse)

    assert (town.intake.drain(limit=4), other.drain(limit=4)) == (4, 2)
