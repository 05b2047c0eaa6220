"""Durations as people write them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from bridge.canonical.duration import Duration, parse, text


class Wait(BaseModel):
    length: Duration | None = None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("2w", timedelta(weeks=2)),
        ("1h30m", timedelta(minutes=90)),
        ("1w2d3h4m5s", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
        (" 5m ", timedelta(minutes=5)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_reads_as_people_write_it(said: str, meant: timedelta) -> None:
    assert parse(said) == meant


@pytest.mark.parametrize(
    "said", ["", "2", "h", "2 h", "-2h", "1.5h", "30m1h", "1h1h", "2H", "2hours", "٢h", "\n"]
)
def test_anything_else_is_refused_with_the_right_form(said: str) -> None:
    with pytest.raises(ValueError, match="write it as 90s, 30m, 2h"):
        parse(said)


@pytest.mark.parametrize("said", ["521w", "999999999w"])
def test_a_duration_too_long_for_a_date_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="520w"):
        parse(said)


@given(st.integers(min_value=0, max_value=300_000_000))
def test_every_duration_reads_back_as_itself(seconds: int) -> None:
    length = timedelta(seconds=seconds)

    assert parse(text(length)) == length


@pytest.mark.parametrize("value", [timedelta(seconds=-1), timedelta(milliseconds=5)])
def test_what_cannot_be_written_is_refused(value: timedelta) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        text(value)


@pytest.mark.parametrize("given_as", ["90m", timedelta(minutes=90), "1h30m"])
def test_a_field_takes_text_or_timedelta_and_is_dumped_as_text(given_as: Any) -> None:
    wait = Wait.model_validate({"length": given_as})

    assert wait.length == timedelta(minutes=90)
    assert wait.model_dump() == {"length": "1h30m"}
    assert Wait.model_validate_json(wait.model_dump_json()) == wait


@pytest.mark.parametrize("given_as", [90, 1.5, True, ["2h"]])
def test_a_field_refuses_a_bare_number(given_as: Any) -> None:
    with pytest.raises(ValidationError, match="a duration is text such as"):
        Wait.model_validate({"length": given_as})


def test_an_absent_duration_stays_absent() -> None:
    assert Wait().model_dump() == {"length": None}


def test_the_schema_says_how_to_write_it() -> None:
    schema = TypeAdapter(Duration).json_schema()

    assert schema["type"] == "string"
    assert "2h" in schema["examples"]
