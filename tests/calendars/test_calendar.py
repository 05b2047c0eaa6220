"""When people work: zones, summer time, holidays, make-up workdays and shifts over midnight."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.calendars import Calendar, Span

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
BAVARIA = Calendar(zone=BERLIN, country="DE", subdivision="BY")
CHINA = Calendar(zone=SHANGHAI, country="CN")
NIGHTS = Calendar(zone=BERLIN, hours=(Span(22 * 60, 6 * 60),))
LUNCH = Calendar(zone=BERLIN, hours=(Span(9 * 60, 12 * 60), Span(13 * 60, 17 * 60)))
ALWAYS = Calendar(zone=BERLIN, weekend=frozenset(), hours=(Span(0, 24 * 60),))
SYDNEY = Calendar(zone=ZoneInfo("Australia/Lord_Howe"), hours=(Span(60, 180), Span(200, 1000)))

CALENDARS = st.sampled_from([BAVARIA, CHINA, NIGHTS, LUNCH, ALWAYS, SYDNEY, Calendar()])
MOMENTS = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001  (hypothesis adds the zone)
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
LENGTHS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=200))


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        ("2026-11-26T08:59:59", False),
        ("2026-11-26T09:00", True),
        ("2026-11-26T16:59:59", True),
        ("2026-11-26T17:00", False),
        ("2026-11-28T12:00", False),  # a Saturday
        ("2026-11-01T12:00", False),
        ("2026-06-04T12:00", False),  # Corpus Christi, in Bavaria
    ],
)
def test_people_work_from_the_first_minute_to_before_the_last(at: str, open_: bool) -> None:
    assert BAVARIA.is_open(berlin(at)) is open_


def test_a_holiday_of_one_part_of_a_country_is_none_of_another() -> None:
    berliners = Calendar(zone=BERLIN, country="DE", subdivision="BE")

    assert berliners.is_workday(date(2026, 6, 4))
    assert not BAVARIA.is_workday(date(2026, 6, 4))


def test_china_works_on_the_days_it_makes_up_for_and_not_on_those_it_was_given() -> None:
    """The State Council's notices for 2025 and 2026; the days off between festivals are given."""
    made_up = ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"]
    made_up += ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    given_off = ["2025-02-03", "2025-02-04", "2025-05-05", "2025-10-08", "2026-01-02"]
    given_off += ["2026-02-20", "2026-02-23", "2026-05-05", "2026-10-06", "2026-10-07"]

    assert [day for day in made_up if not CHINA.is_workday(date.fromisoformat(day))] == []
    assert [day for day in given_off if CHINA.is_workday(date.fromisoformat(day))] == []
    assert {date.fromisoformat(day).weekday() for day in made_up} == {5, 6}
    assert {date.fromisoformat(day).weekday() for day in given_off} <= {0, 1, 2, 3, 4}


def test_a_day_in_china_passes_over_the_golden_week_and_counts_the_make_up_sunday() -> None:
    assert CHINA.add_days(1, shanghai("2026-09-30T10:00")) == shanghai("2026-10-08T10:00")
    assert CHINA.add_days(1, shanghai("2026-10-09T10:00")) == shanghai("2026-10-10T10:00")
    assert CHINA.add_days(1, shanghai("2026-09-18T10:00")) == shanghai("2026-09-20T10:00")


def test_what_is_declared_goes_before_what_the_library_says() -> None:
    sunday, monday = date(2027, 1, 31), date(2027, 2, 1)
    announced = Calendar(
        zone=SHANGHAI,
        country="CN",
        extra_workdays=frozenset([sunday]),
        extra_holidays=frozenset([monday]),
    )

    assert (CHINA.is_workday(sunday), CHINA.is_workday(monday)) == (False, True)
    assert (announced.is_workday(sunday), announced.is_workday(monday)) == (True, False)


@pytest.mark.parametrize(
    ("at", "days", "then"),
    [
        ("2026-11-26T15:30", 1, "2026-11-27T15:30"),
        ("2026-11-27T15:30", 1, "2026-11-30T15:30"),
        ("2026-11-27T20:00", 1, "2026-12-01T09:00"),  # after hours is the next morning
        ("2026-11-28T12:00", 1, "2026-12-01T09:00"),
        ("2026-11-28T12:00", 0, "2026-11-30T09:00"),
        ("2026-11-30T15:30", -1, "2026-11-27T15:30"),
        ("2026-11-30T00:00", -1, "2026-11-27T09:00"),  # a day before Monday is Friday
        ("2026-11-30T09:00", -1, "2026-11-27T09:00"),
        ("2026-12-24T10:00", 1, "2026-12-28T10:00"),
        ("2026-10-23T10:00", 1, "2026-10-26T10:00"),  # summer time ends between
        ("2026-03-27T10:00", 1, "2026-03-30T10:00"),  # and begins
    ],
)
def test_a_business_day_is_the_same_wall_time_one_such_day_on(
    at: str, days: int, then: str
) -> None:
    assert BAVARIA.add_days(days, berlin(at)) == berlin(then)


@pytest.mark.parametrize(
    ("calendar", "at", "hours", "then"),
    [
        (BAVARIA, "2026-11-26T09:00", 8, "2026-11-26T17:00"),
        (BAVARIA, "2026-11-26T15:00", 4, "2026-11-27T11:00"),
        (BAVARIA, "2026-11-27T16:00", 2, "2026-11-30T10:00"),
        (BAVARIA, "2026-11-28T12:00", 1, "2026-11-30T10:00"),
        (BAVARIA, "2026-11-30T10:00", -2, "2026-11-27T16:00"),
        (LUNCH, "2026-11-26T11:00", 2, "2026-11-26T14:00"),
        (NIGHTS, "2026-11-27T23:00", 8, "2026-11-30T23:00"),  # Friday's shift ends on Saturday
        (NIGHTS, "2026-10-23T22:00", 8, "2026-10-24T06:00"),
        (ALWAYS, "2026-10-24T12:00", 24, "2026-10-25T11:00"),  # that day has 25 hours
        (ALWAYS, "2026-03-28T12:00", 24, "2026-03-29T13:00"),  # and that one 23
    ],
)
def test_working_time_is_counted_while_people_work(
    calendar: Calendar, at: str, hours: int, then: str
) -> None:
    assert calendar.add_time(timedelta(hours=hours), berlin(at)) == berlin(then)


def test_a_night_shift_is_as_long_as_it_lasts_when_the_clocks_change() -> None:
    """Saturday to Sunday, for a calendar that works on Saturdays."""
    shift = Calendar(zone=BERLIN, weekend=frozenset([6]), hours=(Span(22 * 60, 6 * 60),))

    assert shift.add_time(timedelta(hours=9), berlin("2026-10-24T22:00")) == berlin(
        "2026-10-25T06:00"
    )
    assert shift.add_time(timedelta(hours=7), berlin("2026-03-28T22:00")) == berlin(
        "2026-03-29T06:00"
    )


def test_an_hour_that_the_clocks_skip_counts_when_it_would_have_been() -> None:
    early = Calendar(zone=BERLIN, weekend=frozenset(), hours=(Span(150, 240),))  # 02:30 to 04:00

    assert early.next_open(berlin("2026-03-29T00:00")) == berlin("2026-03-29T03:30")


def test_days_between_counts_the_business_days_after_the_first() -> None:
    friday, monday = berlin("2026-11-27T16:00"), berlin("2026-11-30T09:00")

    assert BAVARIA.days_between(friday, monday) == 1
    assert BAVARIA.days_between(monday, friday) == -1
    assert BAVARIA.days_between(friday, friday) == 0
    assert CHINA.days_between(shanghai("2026-09-30T10:00"), shanghai("2026-10-10T10:00")) == 3


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-26T21:59", None),
        ("2026-11-26T22:00", "2026-11-27T07:00"),
        ("2026-11-27T06:59", "2026-11-27T07:00"),
        ("2026-11-27T07:00", None),
        ("2026-11-27T12:30", "2026-11-27T14:00"),  # two that touch are one
        ("2026-10-24T23:00", "2026-10-25T07:00"),
    ],
)
def test_quiet_hours_end_once(at: str, until: str | None) -> None:
    quiet = Calendar(
        zone=BERLIN, quiet_hours=(Span(1320, 420), Span(12 * 60, 13 * 60), Span(13 * 60, 14 * 60))
    )

    assert quiet.quiet_until(berlin(at)) == (None if until is None else berlin(until))


@given(calendar=CALENDARS, at=MOMENTS)
def test_the_next_opening_is_the_first_open_moment(calendar: Calendar, at: datetime) -> None:
    found = calendar.next_open(at)

    assert found >= at
    assert calendar.is_open(found)
    assert (found == at) == calendar.is_open(at)
    assert not calendar.is_open(max(found - timedelta(microseconds=1), at)) or found == at


@given(calendar=CALENDARS, at=MOMENTS)
def test_people_are_at_work_when_the_wall_says_so(calendar: Calendar, at: datetime) -> None:
    """On a day whose clock does not change: by the wall alone, as a person would look it up."""
    wall = at.astimezone(calendar.zone)
    assume(len({(wall + timedelta(days=n)).utcoffset() for n in (-2, -1, 0, 1)}) == 1)
    minute = wall.hour * 60 + wall.minute
    today, yesterday = wall.date(), wall.date() - timedelta(days=1)

    expected = any(
        (
            calendar.is_workday(today)
            and span.start <= minute
            and (minute < span.end or span.overnight)
        )
        or (calendar.is_workday(yesterday) and span.overnight and minute < span.end)
        for span in calendar.hours
    )

    assert calendar.is_open(at) == expected


@given(calendar=CALENDARS, at=MOMENTS, first=LENGTHS, second=LENGTHS)
def test_working_time_adds_up(
    calendar: Calendar, at: datetime, first: timedelta, second: timedelta
) -> None:
    assert calendar.add_time(second, calendar.add_time(first, at)) == calendar.add_time(
        first + second, at
    )


@given(calendar=CALENDARS, at=MOMENTS, length=LENGTHS)
def test_working_time_goes_back_as_it_came(
    calendar: Calendar, at: datetime, length: timedelta
) -> None:
    start = calendar.next_open(at)

    back = calendar.add_time(-length, calendar.add_time(length, start))

    assert back <= start
    assert calendar.next_open(back) == start


@given(calendar=CALENDARS, at=MOMENTS, days=st.integers(-30, 30))
def test_a_term_in_days_ends_while_people_work_and_so_many_days_off(
    calendar: Calendar, at: datetime, days: int
) -> None:
    start = calendar.next_open(at)
    then = calendar.add_days(days, start)

    assert calendar.is_open(then)
    assume(calendar is not NIGHTS)  # whose days begin in the evening
    assert calendar.days_between(start, then) == days


@given(calendar=CALENDARS, at=MOMENTS, later=LENGTHS, days=st.integers(-9, 9))
def test_who_starts_later_is_never_done_earlier(
    calendar: Calendar, at: datetime, later: timedelta, days: int
) -> None:
    assert calendar.add_days(days, at) <= calendar.add_days(days, at + later)
    assert calendar.add_time(later, at) <= calendar.add_time(later, at + later)


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_time_are_an_overflow_and_no_other_error(year: int) -> None:
    edge = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC)
    days = 30 if year > 1 else -30

    for calendar in (BAVARIA, CHINA):
        with pytest.raises(OverflowError):
            calendar.add_days(days, edge)
        with pytest.raises(OverflowError):
            calendar.add_time(timedelta(days=days), edge)
