"""Which deliveries go out in one call, and what becomes of each: the rules, without a database."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.outbox.coalescing import MOST, Written, along, fates, merge
from bridge.outbox.tables import State
from clocks import START
from outbox.queues import FIELDS, member, owed
from outbox.vendor import Fill, Update

SECOND = timedelta(seconds=1)


def test_what_is_queued_behind_goes_along_in_its_order() -> None:
    queue = [member(seq) for seq in (3, 5, 9)]

    assert along(queue, Written(), due=START) == tuple(queue[1:])


@pytest.mark.parametrize(
    "values",
    [
        {"action": "shop.comment"},
        {"connection": "club"},
        {"batch": "shop.fill|other"},
        {"state": State.IN_FLIGHT},
        {"state": State.DEAD},
        {"tries": 1},
        {"claims": 1},
        {"alone": True},
        {"find_first": True},
        {"replay_id": "rpl-1"},
        {"link_id": "lnk-1"},
        {"hold_id": "hld-1"},
        {"not_before": START + SECOND},
        {"expires_at": START},
    ],
    ids=str,
)
def test_what_may_not_go_along_ends_it_for_all_behind(values: Mapping[str, Any]) -> None:
    queue = [member(1), member(2), member(3, **values), member(4)]

    assert along(queue, Written(), due=START) == (queue[1],)


@pytest.mark.parametrize(
    "values",
    [{"alone": True}, {"find_first": True}, {"replay_id": "rpl-1"}, {"link_id": "lnk-1"}],
    ids=str,
)
def test_some_heads_go_alone(values: Mapping[str, Any]) -> None:
    assert along([member(1, **values), member(2)], Written(), due=START) == ()


@pytest.mark.parametrize("values", [{"tries": 2}, {"state": State.IN_FLIGHT, "claims": 3}], ids=str)
def test_a_head_that_was_tried_says_again_what_was_said_with_it(values: Mapping[str, Any]) -> None:
    """Alone it would go back behind what its lost call may have written."""
    queue = [member(1, **values), member(2)]

    assert along(queue, Written(), due=START) == (queue[1],)


def test_what_expires_later_goes_along() -> None:
    queue = [member(1), member(2, expires_at=START + SECOND)]

    assert along(queue, Written(), due=START) == (queue[1],)


@pytest.mark.parametrize("written", [Written(seq=6), Written(order=6)], ids=["later", "event"])
def test_what_came_back_behind_something_newer_goes_alone(written: Written) -> None:
    assert along([member(5), member(7)], written, due=START) == ()


def test_the_newest_event_ends_it_where_they_were_owed_in_another_order() -> None:
    queue = [member(1, order=11), member(2, order=None), member(3, order=12), member(4, order=11)]

    assert along(queue, Written(order=10), due=START) == tuple(queue[1:3])
    assert along(queue[1:], Written(order=11), due=START) == (queue[2],)


def test_an_older_one_that_came_back_behind_one_under_way_does_not_go_along() -> None:
    assert along([member(7, state=State.IN_FLIGHT), member(3)], Written(), due=START) == ()


def test_there_is_a_most() -> None:
    queue = [member(seq) for seq in range(MOST + 5)]

    assert len(along(queue, Written(), due=START)) == MOST - 1


def test_later_values_win_and_each_is_told_what_became_of_it() -> None:
    first, *others = owed([{"a": "1"}, {"a": "2", "b": "2"}, {"c": "3"}, {"a": "4"}])

    merged = merge(first, others)

    assert merged.action == Fill(thing="7", fields={"a": "4", "b": "2", "c": "3"})
    assert [(one.state, one.by) for one in fates(merged.parts)] == [
        (State.SUPERSEDED, "dlv-2"),
        (State.MERGED, "dlv-4"),
        (State.MERGED, "dlv-4"),
    ]


def test_one_that_several_newer_ones_say_together_is_superseded_too() -> None:
    first, *others = owed([{"a": "1", "b": "1"}, {"a": "2"}, {"b": "3"}])

    (one, two) = fates(merge(first, others).parts)

    assert (one.state, one.by) == (State.SUPERSEDED, "dlv-3")
    assert one.reason == "newer ones say all of it, up to dlv-3"
    assert two.state == State.MERGED


def test_one_that_does_not_merge_ends_it() -> None:
    first, second = owed([{"a": "1"}, {"a": "2"}])
    (elsewhere,) = owed([{"a": "3"}], thing="8")

    assert merge(first, [elsewhere, second]).parts == ()
    assert len(merge(first, [second, elsewhere]).parts) == 2


def test_an_action_that_does_more_than_set_fields_goes_alone() -> None:
    update = (1, "dlv-1", Update(thing="7", text="x"))

    merged = merge(update, [update, *owed([{"a": "1"}])])

    assert (merged.action, merged.parts) == (update[2], ())


@given(fills=st.lists(FIELDS, min_size=2, max_size=8))
def test_one_call_leaves_what_all_would_have_left_one_after_the_other(
    fills: list[dict[str, str]],
) -> None:
    first, *others = owed(fills)
    left = {name: value for fields in fills for name, value in fields.items()}

    merged = merge(first, others)

    assert merged.action.sets() == left


@given(fills=st.lists(FIELDS, min_size=2, max_size=8))
def test_whoever_is_superseded_has_nothing_in_the_call_and_whoever_is_merged_has(
    fills: list[dict[str, str]],
) -> None:
    first, *others = owed(fills)
    merged = merge(first, others)

    for place, fate in enumerate(fates(merged.parts)):
        after = {name for fields in fills[place + 1 :] for name in fields}
        assert (fate.state == State.SUPERSEDED) == (fills[place].keys() <= after)
        assert int(fate.by.removeprefix("dlv-")) > fate.seq
