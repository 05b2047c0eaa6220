"""The time a number is asked for, as people write it."""

from datetime import UTC, datetime

import pytest

from bridge.insight.window import moment, window

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", datetime(2026, 11, 16, 9, tzinfo=UTC)),
        ("1h30m", datetime(2026, 11, 23, 7, 30, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T12:00:00Z", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        ("2026-11-01T12:00:00+01:00", datetime(2026, 11, 1, 11, tzinfo=UTC)),
    ],
)
def test_a_time_may_be_written_as(text: str, expected: datetime) -> None:
    assert moment(text, now=NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-11-01T12:00:00", "-7d", "7", "9" * 40]
)
def test_what_is_no_time_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match="write 7d or 12h for that long ago"):
        moment(text, now=NOW)


def test_an_end_to_come_is_now() -> None:
    assert window("7d", "2027-01-01", now=NOW).until == NOW
    assert window("7d", None, now=NOW).until == NOW


@pytest.mark.parametrize(("since", "until"), [("1d", "2d"), ("1d", "1d"), ("2027-01-01", None)])
def test_a_window_begins_before_it_ends(since: str, until: str | None) -> None:
    with pytest.raises(ValueError, match="must lie before"):
        window(since, until, now=NOW)


def test_a_window_is_not_longer_than_events_are_kept() -> None:
    assert window("400d", None, now=NOW)
    with pytest.raises(ValueError, match="at most 400 days"):
        window("401d", None, now=NOW)


@pytest.mark.parametrize("since", ["0001-01-01", "519w"])
def test_the_beginning_of_time_is_too_long_ago(since: str) -> None:
    with pytest.raises(ValueError, match="at most 400 days"):
        window(since, None, now=NOW)
