"""Calendars as operators declare them: what is read, and what a mistake is told."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.calendars import DEFAULT, Calendar, Span, calendars
from bridge.errors import SettingError
from bridge.settings import Loaded, load, sources

WHOLE = """\
calendars:
  default: {zone: Europe/Berlin, country: DE, subdivision: BY, hours: 09:00-17:30}
  shanghai:
    zone: Asia/Shanghai
    country: CN
    hours: ["13:30-18:00", "09:00-12:00"]
    weekend: [Sat, sunday]
    extra_holidays: [2027-02-05]
    extra_workdays: [2027-01-31]
    quiet_hours: 21:00-08:00
"""


def loaded(folder: Path, text: str) -> Loaded:
    file = folder / "bridge.yaml"
    file.write_text(text, encoding="utf-8")
    return load({"BRIDGE_CONFIG": str(file)})


def test_calendars_are_read_as_they_were_meant(tmp_path: Path) -> None:
    made = calendars(loaded(tmp_path, WHOLE).file.calendars)

    assert sorted(made) == ["default", "shanghai"]
    assert made[DEFAULT] == Calendar(
        zone=ZoneInfo("Europe/Berlin"),
        country="DE",
        subdivision="BY",
        hours=(Span(540, 1050),),
    )
    assert made["shanghai"] == Calendar(
        zone=ZoneInfo("Asia/Shanghai"),
        country="CN",
        weekend=frozenset([5, 6]),
        hours=(Span(540, 720), Span(810, 1080)),
        extra_holidays=frozenset([date(2027, 2, 5)]),
        extra_workdays=frozenset([date(2027, 1, 31)]),
        quiet_hours=(Span(1260, 480),),
    )


def test_without_a_file_people_work_from_monday_to_friday_in_utc() -> None:
    made = calendars()

    assert list(made) == [DEFAULT]
    assert made[DEFAULT].is_open(datetime(2026, 11, 26, 9, tzinfo=ZoneInfo("UTC")))
    assert not made[DEFAULT].is_open(datetime(2026, 11, 28, 9, tzinfo=ZoneInfo("UTC")))


def test_doctor_shows_each_value_as_it_is_written_and_where(tmp_path: Path) -> None:
    found = {one.name: (one.value, one.origin) for one in sources(loaded(tmp_path, WHOLE), {})}
    file = tmp_path / "bridge.yaml"

    assert found["calendars.default.zone"] == ("Europe/Berlin", f"{file}:2")
    assert found["calendars.default.hours[0]"] == ("09:00-17:30", f"{file}:2")
    assert found["calendars.default.quiet_hours"] == ("none", "default")
    assert found["calendars.shanghai.hours[0]"] == ("09:00-12:00", f"{file}:6")
    assert found["calendars.shanghai.weekend[1]"] == ("sun", f"{file}:7")
    assert found["calendars.shanghai.extra_workdays[0]"] == ("2027-01-31", f"{file}:9")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "x.zone: is missing"),
        ("{zone: Berlin}", "x.zone: no such time zone: 'Berlin'; write it as Europe/Berlin"),
        ("{zone: ../../etc/passwd}", "x.zone: no such time zone"),
        (
            "{zone: UTC, country: NO}",
            'x.country: in YAML a bare NO means false; quote it: country: "NO"',
        ),
        (
            "{zone: UTC, country: Germany}",
            "x.country: a country is two letters of ISO 3166, as DE or CN; got 'Germany'",
        ),
        ("{zone: UTC, country: XX}", "no holidays are known of XX; write the codes of ISO 3166"),
        ("{zone: UTC, country: DE, subdivision: ZZ}", "no holidays are known of DE ZZ"),
        ("{zone: UTC, subdivision: BY}", "a subdivision is one of a country"),
        ("{zone: UTC, weekend: [funday]}", "no such day: 'funday'; write mon, tue, wed"),
        ("{zone: UTC, weekend: [mon, tue, wed, thu, fri, sat, sun]}", "has no business day"),
        ("{zone: UTC, hours: 9-17}", "not a part of a day: '9-17'; write it as 09:00-17:30"),
        ("{zone: UTC, hours: '09:00-25:00'}", "a day is 00:00-24:00"),
        ("{zone: UTC, hours: '09:00-09:00'}", "is no time at all; a whole day is 00:00-24:00"),
        ("{zone: UTC, hours: []}", "x.hours:"),
        ("{zone: UTC, hours: ['09:00-13:00', '12:00-17:00']}", "09:00-13:00 overlaps another"),
        ("{zone: UTC, hours: ['22:00-06:00', '05:00-09:00']}", "22:00-06:00 overlaps another"),
        ("{zone: UTC, quiet_hours: 00:00-24:00}", "nobody would ever be told"),
        ("{zone: UTC, extra_holidays: [tomorrow]}", "x.extra_holidays[0]:"),
        (
            "{zone: UTC, extra_holidays: [2027-01-31], extra_workdays: [2027-01-31]}",
            "2027-01-31 is an extra holiday and an extra workday",
        ),
        ("{zone: UTC, holidays: []}", "x.holidays: no such setting; did you mean"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(SettingError) as caught:
        loaded(tmp_path, f"calendars:\n  x: {text}\n")

    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'bridge.yaml'}:2: calendars.x")


def test_a_name_that_no_mapping_could_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="a calendar's name is lower-case letters"):
        loaded(tmp_path, "calendars: {Shanghai Office: {zone: Asia/Shanghai}}\n")
