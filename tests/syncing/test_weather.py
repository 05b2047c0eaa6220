"""For all edits and all weather: in the end both agree, and nothing is written more often than needed."""

import shutil
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.db import Database
from clocks import FakeClock
from properties import SHARING
from syncing.pair import Pair
from syncing.weather import EDITS, STEPS, Weather

_numbers = count()
WHILE = [("edit_while_written", *one[1:]) for one in EDITS if one[2] != "labels"]
DEEDS = st.lists(
    st.one_of(st.sampled_from(EDITS), st.sampled_from(STEPS), st.sampled_from(WHILE)),
    min_size=2,
    max_size=14,
)


@settings(max_examples=10, suppress_health_check=SHARING)
@given(deeds=DEEDS)
def test_two_records_agree_in_the_end_whatever_the_weather(
    sqlite_template: Path, tmp_path: Path, deeds: list[tuple[Any, ...]]
) -> None:
    path = shutil.copy(sqlite_template, tmp_path / f"{next(_numbers)}.db")
    database = Database(f"sqlite:///{path}")
    pair = Pair(database=database, clock=FakeClock())
    pair.begin()
    weather = Weather(pair=pair)

    for deed in deeds:
        weather.do(deed)
    weather.clear()

    database.close()
    assert {name: ends for name, ends in weather.ends().items() if ends[0] != ends[1]} == {}
    assert weather.writes() <= 2 * weather.edits + 1
