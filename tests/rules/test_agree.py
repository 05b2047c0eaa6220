"""One pair of fields: an echo goes nowhere, news goes across, and the owner decides between two."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.converters.contract import NotCarried
from bridge.rules.agree import End, Owner, Side, Verdict, agree, decided
from bridge.rules.reading import UNKNOWN
from bridge.rules.same import plain, same

T0 = datetime(2026, 11, 26, 8, tzinfo=UTC)
VALUES = st.one_of(
    st.just(UNKNOWN), st.none(), st.sampled_from(["", "a", "A", "b ", "b", "cannot"]),
    st.lists(st.sampled_from(["x", "y"]), max_size=2), st.booleans(),
)  # fmt: skip
TIMES = st.one_of(st.none(), st.integers(0, 3).map(lambda n: T0 + timedelta(seconds=n)))
SIDES = st.builds(
    lambda value, shadow, at: Side(value=value, shadow=shadow, changed_at=at), VALUES, VALUES, TIMES
)


def upper(value: Any, to: End) -> Any:
    """The right end writes everything large, and has no form for one word."""
    if value == "cannot" and to is End.RIGHT:
        raise NotCarried("no such word")
    if not isinstance(value, str):
        return value
    return value.upper() if to is End.RIGHT else value.lower()


def swapped(side: Owner) -> Owner:
    return {Owner.LEFT: Owner.RIGHT, Owner.RIGHT: Owner.LEFT}.get(side, side)


@given(SIDES, SIDES, st.sampled_from(Owner))
def test_what_was_written_agrees_and_then_nothing_more_is_written(
    left: Side, right: Side, owner: Owner
) -> None:
    found = agree(left, right, owner, upper)

    if found.end is End.RIGHT:
        left, right = _stood(left, left.value), _stood(right, found.value)
    elif found.end is End.LEFT:
        left, right = _stood(left, found.value), _stood(right, right.value)
    elif found.remember:
        left, right = _stood(left, left.value), _stood(right, right.value)
    again = agree(left, right, owner, upper)
    assert again.end is None
    assert found.end is None or again.verdict is Verdict.IN_STEP


@given(SIDES, SIDES, st.sampled_from(Owner))
def test_the_ends_are_judged_alike(left: Side, right: Side, owner: Owner) -> None:
    found, mirrored = agree(left, right, owner), agree(right, left, swapped(owner))

    tie = owner is Owner.LATEST and left.changed_at == right.changed_at
    if found.end is not None and not tie and mirrored.end is not None:
        assert found.end.other is mirrored.end
        assert same(found.value, mirrored.value) or plain(found.value) == plain(mirrored.value)
    elif not tie:
        assert found.verdict is mirrored.verdict


@given(SIDES, SIDES, st.sampled_from([Owner.LATEST, Owner.ASK]))
def test_an_end_without_news_never_overwrites_one_that_has(
    left: Side, right: Side, owner: Owner
) -> None:
    found = agree(left, right, owner)

    if found.end is End.RIGHT:
        assert left.has_news
    if found.end is End.LEFT:
        assert right.has_news


@given(SIDES, SIDES)
def test_who_changed_it_last_is_never_overwritten(left: Side, right: Side) -> None:
    found = agree(left, right, Owner.LATEST)

    both = left.has_news and right.has_news
    known = UNKNOWN not in (left.shadow, right.shadow)
    if both and known and left.changed_at and right.changed_at and found.end is not None:
        later = End.LEFT if left.changed_at >= right.changed_at else End.RIGHT
        assert found.end is later.other


def test_a_to_b_to_a_by_people_is_written_each_time() -> None:
    left, right = Side(value="A", shadow="A"), Side(value="A", shadow="A")
    written = []
    for value in ("B", "A", "B"):
        left = Side(value=value, shadow=left.shadow)
        found = agree(left, right, Owner.LATEST)
        assert found.verdict is Verdict.WRITE_RIGHT
        written.append(found.value)
        left, right = Side(value=value, shadow=value), Side(value=value, shadow=value)

    assert written == ["B", "A", "B"]


def test_an_echo_is_no_news_however_the_vendor_wrote_it() -> None:
    left = Side(value="one\ntwo ", shadow="one\ntwo ")
    cut = Side(value="one\r\ntwo", shadow="one\ntwo ")

    assert agree(left, cut, Owner.LATEST).verdict is Verdict.IN_STEP
    assert (
        agree(
            Side(value="a long text", shadow="a long text"),
            Side(value="a lo…", shadow="a lo…"),
            Owner.LATEST,
        ).verdict
        is Verdict.IN_STEP
    )


def test_the_owner_has_its_way_and_the_other_end_is_put_back() -> None:
    left, right = Side(value="A", shadow="A"), Side(value="B", shadow="A")

    assert agree(left, right, Owner.LEFT).verdict is Verdict.WRITE_RIGHT
    assert agree(left, right, Owner.RIGHT).verdict is Verdict.WRITE_LEFT
    assert agree(left, right, Owner.LATEST).verdict is Verdict.WRITE_LEFT


def test_two_edits_are_a_conflict_where_a_person_is_to_decide_and_one_more_may_end_it() -> None:
    left, right = Side(value="B", shadow="A"), Side(value="C", shadow="A")

    assert agree(left, right, Owner.ASK).verdict is Verdict.CONFLICT
    assert decided(left, right, End.LEFT).verdict is Verdict.WRITE_RIGHT
    assert decided(left, right, End.RIGHT).value == "C"
    found = agree(Side(value="C", shadow="A"), right, Owner.ASK)
    assert (found.verdict, found.remember) == (Verdict.IN_STEP, True)


def test_a_new_pair_fills_what_is_empty_and_else_asks_or_takes_the_later() -> None:
    empty, there = Side(value=None, changed_at=T0), Side(value="A")

    assert agree(empty, there, Owner.LATEST).verdict is Verdict.WRITE_LEFT
    assert agree(there, empty, Owner.ASK).verdict is Verdict.WRITE_RIGHT
    assert agree(there, Side(value="B"), Owner.ASK).verdict is Verdict.CONFLICT


def test_what_cannot_be_carried_leaves_the_field_alone() -> None:
    left, right = Side(value="cannot", shadow="a"), Side(value="A", shadow="A")

    found = agree(left, right, Owner.LATEST, upper)

    assert found.verdict is Verdict.STUCK
    assert found.reason == "the right end is left alone: no such word"


def test_nothing_is_said_of_an_end_that_nobody_has_seen() -> None:
    assert agree(Side(value="A"), Side(), Owner.LEFT).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a ", "a"), ("a\r\nb", "a\nb"), ("a  \nb", "a\nb"), ("", None), ([], None),
        (["b", "a"], ["a", "b"]), ({"id": "005Hs000007PqRs"}, {"id": "005Hs000007PqRsIAK", "name": "Sam"}),
        ({"amount": "1.50", "currency": "EUR"}, {"amount": "1.5", "currency": "EUR"}), (5, 5.0),
    ],
)  # fmt: skip
def test_what_vendors_write_as_they_like_is_the_same(one: Any, other: Any) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "A"),
        (["a"], ["a", "b"]),
        ({"id": "1"}, {"id": "2"}),
        (False, None),
        (0, None),
        (UNKNOWN, None),
    ],
)
def test_what_people_changed_is_not(one: Any, other: Any) -> None:
    assert not same(one, other)


def _stood(side: Side, value: Any) -> Side:
    return Side(value=value, shadow=value, changed_at=side.changed_at)


def test_another_spelling_of_the_same_is_no_news_and_agrees() -> None:
    left = Side(value="A", shadow="A", spelled=str.upper)
    right = Side(value="a", shadow="A", spelled=str.upper)

    assert not right.has_news
    assert agree(left, right, Owner.LATEST).verdict is Verdict.IN_STEP
    fresh = Side(value="b", shadow="A", spelled=str.upper)
    assert agree(Side(value="B", shadow="A"), fresh, Owner.LATEST).remember


def test_what_is_stuck_says_whose_value_it_is_and_of_what_sort() -> None:
    def carry(value: object, to: End) -> object:
        raise NotCarried("nobody is known", code="person")

    found = agree(Side(value="B", shadow="A"), Side(value="A", shadow="A"), Owner.LATEST, carry)

    assert (found.verdict, found.said, found.code) == (Verdict.STUCK, End.LEFT, "person")


@pytest.mark.parametrize(
    ("left", "right", "owner", "said"),
    [
        (("a", "x"), ("b", "x"), Owner.LEFT, "the left end owns it"),
        (("x", "x"), ("b", "x"), Owner.LATEST, "the right end has changed it"),
        (("a", UNKNOWN), (None, UNKNOWN), Owner.ASK, "the right end has nothing there yet"),
        (("a", "x"), ("b", "x"), Owner.LATEST, "both ends have changed it, the left end last"),
    ],
)
def test_a_write_says_why_that_value_counts(
    left: tuple[Any, Any], right: tuple[Any, Any], owner: Owner, said: str
) -> None:
    one, other = (Side(value=value, shadow=shadow) for value, shadow in (left, right))

    assert agree(one, other, owner).reason == said
