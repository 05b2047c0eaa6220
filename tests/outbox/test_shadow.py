"""What our last write left: whether another would change anything. Without a database."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.canonical.ref import Ref
from bridge.outbox.shadow import FRESH_SECONDS, SLACK, Shadow, doubt, names
from clocks import START

REF = Ref("shop", "thing", "7")
QUARTER = timedelta(seconds=FRESH_SECONDS)
WORDS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2", 1, None, [1]]))


def test_the_same_values_are_said_whatever_their_order() -> None:
    shadow = Shadow.of(REF, "dlv-1", {"a": 1, "b": {"x": 1, "y": None}})

    assert shadow is not None
    assert shadow.says({"b": {"y": None, "x": 1}, "a": 1})
    assert shadow.says({"a": 1})


@pytest.mark.parametrize(
    "sets", [{"a": 2}, {"a": "1"}, {"a": None}, {"c": 1}, {"a": 1, "c": 1}, {}], ids=str
)
def test_anything_else_is_not(sets: dict[str, Any]) -> None:
    shadow = Shadow.of(REF, "dlv-1", {"a": 1, "b": 2})

    assert shadow is not None
    assert not shadow.says(sets)


@given(wrote=WORDS, sets=WORDS)
def test_it_says_just_what_each_of_whose_values_it_has(
    wrote: dict[str, Any], sets: dict[str, Any]
) -> None:
    shadow = Shadow.of(REF, "dlv-1", wrote)

    assert shadow is not None
    assert shadow.says(sets) == (bool(sets) and sets.items() <= wrote.items())


def test_what_cannot_be_compared_is_never_the_same() -> None:
    assert Shadow.of(REF, "dlv-1", {"a": 2**70}) is None

    shadow = Shadow.of(REF, "dlv-1", {"a": 1})
    assert shadow is not None
    assert not shadow.says({"a": 2**70})


def test_it_holds_no_value_and_no_two_records_look_alike() -> None:
    one, other = (Shadow.of(REF, by, {"a": "Anna"}) for by in ("dlv-1", "dlv-2"))

    assert one is not None
    assert other is not None
    assert "Anna" not in one.text()
    assert one.fields["a"] != other.fields["a"]


@pytest.mark.parametrize(
    ("fence", "after", "counts"),
    [
        (5, timedelta(0), True),
        (5, QUARTER, True),
        (5, QUARTER + timedelta(seconds=1), False),
        (5, -timedelta(seconds=1), False),
        (4, timedelta(0), False),
        (6, timedelta(0), False),
    ],
)
def test_it_counts_for_the_next_claim_and_while_it_is_fresh(
    fence: int, after: timedelta, *, counts: bool
) -> None:
    shadow = Shadow(ref=str(REF), by="dlv-1", fields={}).under(4, at=START)
    read = Shadow.read(shadow.text())

    assert read == shadow
    assert read.counts(fence, now=START + after, seconds=FRESH_SECONDS) is counts


def test_one_that_was_never_written_counts_for_nobody() -> None:
    shadow = Shadow.of(REF, "dlv-1", {"a": 1})

    assert shadow is not None
    assert not any(shadow.counts(one, now=START, seconds=10**12) for one in range(3))
    assert Shadow.read(None) is None


def test_a_write_is_in_doubt_until_well_after_another_key_wrote() -> None:
    other = doubt("dlv-9", at=START)
    mine = Shadow(ref=str(REF), by="dlv-1", fields={"a": "x"})

    assert mine.under(4, at=START + SLACK).is_in_doubt(other)
    assert not mine.under(4, at=START + SLACK * 2).is_in_doubt(other)
    assert not mine.under(4, at=START).is_in_doubt(mine.under(3, at=START))


def test_a_record_has_a_key_for_each_way_in_which_its_id_names_it() -> None:
    assert names("shop", "shop:thing:7") == {"shop|shop:thing:7", "shop|thing:7", "shop|7"}
    assert names("shop", "") == frozenset()
