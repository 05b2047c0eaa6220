"""Terms: how they are read, and when they are over."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calendars import Calendar
from bridge.calendars.term import Term, parse

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(zone=BERLIN, country="DE")
TERMS = st.one_of(
    st.builds(Term, days=st.integers(1, 400), business=st.booleans()),
    st.builds(Term, time=st.integers(1, 9_000).map(lambda n: timedelta(minutes=n)), business=st.booleans()),
    st.builds(
        Term, days=st.integers(0, 400), time=st.integers(1, 200_000).map(lambda n: timedelta(seconds=n))
    ),
)  # fmt: skip


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "term", "said"),
    [
        ("1 business day", Term(days=1, business=True), "1 business day"),
        ("  3 Business  Days ", Term(days=3, business=True), "3 business days"),
        ("4 business hours", Term(time=timedelta(hours=4), business=True), "4 business hours"),
        ("90 business minutes", Term(time=timedelta(minutes=90), business=True), "90 business minutes"),
        ("2 days", Term(days=2), "2 days"),
        ("2d", Term(days=2), "2 days"),
        ("1 week", Term(days=7), "7 days"),
        ("1w1d", Term(days=8), "8 days"),
        ("24h", Term(time=timedelta(hours=24)), "24 hours"),
        ("1d12h", Term(days=1, time=timedelta(hours=12)), "1d12h"),
        ("90m", Term(time=timedelta(minutes=90)), "1h30m"),
    ],
)  # fmt: skip
def test_a_term_is_read_as_people_say_it(text: str, term: Term, said: str) -> None:
    assert parse(text) == term
    assert str(term) == said


@given(term=TERMS)
def test_what_a_term_says_is_the_term(term: Term) -> None:
    assert parse(str(term)) == term


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tomorrow", "not a term; write it as 1 business day, 4 business hours, 2 days, 90m or"),
        ("1 buisness day", "not a term"),
        ("1.5 days", "not a term"),
        ("-2 days", "not a term"),
        ("", "not a term"),
        ("0 business days", "a term is longer than nothing"),
        ("0m", "a term is longer than nothing"),
        ("1 business week", "write the days: 5 business days"),
        ("4000 business days", "more than ten years"),
        ("999999999 weeks", "too long"),
    ],
)
def test_what_is_no_term_is_told_what_would_be_one(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(text)


@pytest.mark.parametrize(
    ("term", "at", "after", "before"),
    [
        ("1 business day", "2026-11-27T10:00", "2026-11-30T10:00", "2026-11-26T10:00"),
        ("4 business hours", "2026-11-27T15:00", "2026-11-30T11:00", "2026-11-27T11:00"),
        ("2 days", "2026-11-27T10:00", "2026-11-29T10:00", "2026-11-25T10:00"),
        ("1 day", "2026-10-24T10:00", "2026-10-25T10:00", "2026-10-23T10:00"),  # of 25 hours
        ("24h", "2026-10-24T10:00", "2026-10-25T09:00", "2026-10-23T10:00"),
        ("1 day", "2026-03-28T10:00", "2026-03-29T10:00", "2026-03-27T10:00"),  # of 23 hours
        ("24h", "2026-03-28T10:00", "2026-03-29T11:00", "2026-03-27T10:00"),
    ],
)
def test_days_go_by_the_wall_and_hours_by_the_hand(
    term: str, at: str, after: str, before: str
) -> None:
    assert parse(term).after(berlin(at), OFFICE) == berlin(after)
    assert parse(term).before(berlin(at), OFFICE) == berlin(before)
