"""A start that is refused: nothing of it is left behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from bridge.db import Database
from bridge.errors import RuleError, SettingError
from clocks import FakeClock
from duties.house import House

OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            {"connection": "teams", "channel": "alarm"},
            "alarms: teams has no channel alarm; there are: alarms",
        ),
        ({"connection": "jira", "channel": "alarms"}, "alarms: jira is no Teams connection"),
    ],
)
def test_an_alarm_needs_its_channel(house: House, address: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        house.build(alarms=[{"teams": address}])


def test_a_start_that_is_refused_leaves_no_connection_open(
    new_postgres: Callable[[str], Database], tmp_path: Path, clock: FakeClock
) -> None:
    database = new_postgres("template1")
    house = House(folder=tmp_path, database=database, clock=clock)
    wrong = tmp_path / "mappings" / "rules" / "wrong.yaml"
    wrong.parent.mkdir(parents=True)
    wrong.write_text("version: 2\n", encoding="utf-8")

    with pytest.raises(RuleError, match="should be 1"):
        house.build()

    with database.reading() as session:
        assert session.scalar(OTHERS) == 0
