"""Schedules: the same on every node, and right when summer time begins and ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import SettingError
from bridge.leadership.trigger import Trigger, cron, every, following, latest

BERLIN = "Europe/Berlin"
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def fires(trigger: Trigger, start: str, end: str) -> list[str]:
    """Every time between two moments, in UTC, as text."""
    found, moment = [], datetime.fromisoformat(start)
    while (fire := following(trigger, moment)) and fire <= datetime.fromisoformat(end):
        found.append(fire.strftime("%m-%dT%H:%M"))
        moment = fire
    return found


def test_an_interval_does_not_depend_on_when_the_process_started() -> None:
    times = fires(every(timedelta(minutes=20)), "2026-11-23T09:07:13Z", "2026-11-23T10:00:00Z")

    assert times == ["11-23T09:20", "11-23T09:40", "11-23T10:00"]


@pytest.mark.parametrize(
    ("expression", "start", "end", "expected"),
    [
        # Summer time ends on 25 October 2026 at 03:00, which becomes 02:00.
        (
            "30 2 * * *",
            "2026-10-24T12:00Z",
            "2026-10-26T12:00Z",
            ["10-25T00:30", "10-26T01:30"],
        ),
        (
            "30 * * * *",
            "2026-10-24T23:45Z",
            "2026-10-25T03:00Z",
            ["10-25T00:30", "10-25T01:30", "10-25T02:30"],
        ),
        ("0 9 * * *", "2026-10-24T00:00Z", "2026-10-25T12:00Z", ["10-24T07:00", "10-25T08:00"]),
        # It begins on 29 March 2026 at 02:00, which becomes 03:00.
        (
            "30 2 * * *",
            "2026-03-28T12:00Z",
            "2026-03-30T12:00Z",
            ["03-29T01:30", "03-30T00:30"],
        ),
    ],
)
def test_a_wall_clock_that_is_moved_neither_doubles_nor_drops_a_named_hour(
    expression: str, start: str, end: str, expected: list[str]
) -> None:
    assert fires(cron(expression, BERLIN), start, end) == expected


def test_without_a_zone_a_schedule_is_in_utc() -> None:
    assert fires(cron("30 2 * * *"), "2026-10-24T12:00Z", "2026-10-26T12:00Z") == [
        "10-25T02:30",
        "10-26T02:30",
    ]


@pytest.mark.parametrize(
    ("expression", "zone"),
    [("", "UTC"), ("61 * * * *", "UTC"), ("* * * *", "UTC"), ("* * * * *", "Mars/Base")],
)
def test_a_wrong_schedule_says_what_would_be_right(expression: str, zone: str) -> None:
    with pytest.raises(SettingError, match="five fields"):
        cron(expression, zone)


def test_an_interval_below_a_second_is_refused() -> None:
    with pytest.raises(SettingError, match="every second"):
        every(timedelta(milliseconds=100))


def test_a_day_that_never_comes_is_never_due() -> None:
    never = cron("0 0 30 2 *")

    assert following(never, datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert (
        latest(
            never,
            after=datetime(2026, 1, 1, tzinfo=UTC),
            until=datetime(2026, 12, 31, tzinfo=UTC),
        )
        is None
    )


@given(
    after=MOMENTS,
    seconds=st.integers(min_value=0, max_value=20_000),
    trigger=st.sampled_from(
        [every(timedelta(seconds=90)), cron("*/7 * * * *", BERLIN), cron("10 2,3 * * *", BERLIN)]
    ),
)
def test_the_latest_time_is_the_one_that_counting_finds(
    after: datetime, seconds: int, trigger: Trigger
) -> None:
    until, counted, moment = after + timedelta(seconds=seconds), None, after
    while (fire := following(trigger, moment)) and fire <= until:
        counted = moment = fire

    assert latest(trigger, after=after, until=until) == counted


def test_a_second_by_second_job_missed_for_a_year_is_found_at_once() -> None:
    start = datetime(2026, 1, 1, 0, 0, 0, 500, tzinfo=UTC)
    end = start + timedelta(days=365)

    assert latest(every(timedelta(seconds=1)), after=start, until=end) == end.replace(microsecond=0)
