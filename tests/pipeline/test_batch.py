"""Messages taken together leave the rows that they leave one by one, in few statements."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.town import Town
from properties import SHARING

NUMBERS = st.sampled_from(["1", "2"])
TITLES = {
    "Title": st.sampled_from("abc"),
    "Severity": st.sampled_from(["Critical", "Critical", "Low"]),
}
ISSUES = {"status": st.sampled_from(["todo", "in_progress", "done"])}
FACTS = st.one_of(
    st.tuples(st.just("crm"), st.just("Case"), NUMBERS, st.fixed_dictionaries(TITLES)),
    st.tuples(st.just("tracker"), st.just("issue"), NUMBERS, st.fixed_dictionaries(ISSUES)),
)
ACTS = st.sampled_from(["seen", "seen", "seen", "deleted"])
AGES = st.sampled_from([0, 0, 0, 90])  # seconds: some facts come late


@pytest.mark.timeout(300)  # eighty towns, on a machine that runs other tests as well
@given(told=st.lists(st.tuples(FACTS, ACTS, AGES, st.integers(0, 1)), min_size=2, max_size=9))
@settings(suppress_health_check=SHARING)
def test_messages_taken_together_leave_what_they_leave_one_by_one(
    told: list[tuple[tuple[str, str, str, dict[str, Any]], str, int, int]],
    new_town: Callable[[], Town],
) -> None:
    left = []
    for limit in (1, 50):
        town = new_town()
        town.live_by()
        town.case("1", Title="Reboots", Severity="Critical")
        town.settle()
        town.clock.advance(300)
        for (connection, kind, number, fields), act, age, pause in told:
            town.clock.advance(pause)
            stamp = (town.clock.now() - timedelta(seconds=age)).isoformat()
            fact = {"object": kind, "id": number, "fields": fields, "act": act, "stamp": stamp}
            town.tell(connection, fact)
        while town.intake.drain(limit=limit):
            pass
        left.append((town.rows(), town.said.down, town.counted))

    assert left[0] == left[1]


def test_a_batch_takes_no_more_statements_than_a_few_messages(town: Town) -> None:
    for number in "123":
        town.case(number, Title="Reboots", Severity="Critical")
    town.settle()
    taken = []
    for rounds in range(1, 4):
        for status in ("todo", "done") * rounds:
            for number in "123":
                town.issue(number, status=status, status_name=status)
                town.case(number, Title=f"{status} {rounds}")
        with town.counting() as statements:
            town.intake.drain()
        taken.append(len(statements))
        town.settle()

    assert max(taken) < 25  # for 12, 24 and 36 messages
    assert len(town.deliveries("update")) == 36


def test_a_message_alone_takes_few_statements(town: Town) -> None:
    town.issue("1", status="todo", title="Reboots")
    town.settle()
    town.issue("1", status="done", title="Reboots")

    with town.counting() as statements:
        town.intake.drain()

    assert len(statements) <= 17  # of which SQLite begins three
    assert town.deliveries("update") == []
