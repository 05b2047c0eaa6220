"""A week in tables becomes these cases and these numbers, on both databases."""

from pathlib import Path

import pytest

from bridge.db import Database
from bridge.insight.book import CASES, Name, stats
from bridge.insight.scan import scan
from bridge.insight.window import Window
from golden import assert_golden, assert_golden_text
from insight.week import as_csv

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", [name for name in Name if name is not Name.RULE_ERRORS])
def test_the_tables_become_these_cases(week: Database, during: Window, name: Name) -> None:
    cases = list(scan(week, CASES[name], during))

    assert_golden_text(GOLDEN / f"{name}.csv", as_csv(cases))


def test_the_tables_become_these_numbers(week: Database, during: Window) -> None:
    found = stats(week, during)

    assert_golden(GOLDEN / "stats.json", found.model_dump(mode="json"))
