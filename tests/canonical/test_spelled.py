"""Values as people read them."""

from typing import Any

import pytest

from bridge.canonical.spelled import spelled


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        (True, "yes"),
        ("2026-12-24T00:00:00Z", "2026-12-24"),
        ("2026-12-24T09:30:00+01:00", "2026-12-24 08:30 UTC"),
        ("2026-12-24T09:30:00 is a text", "2026-12-24T09:30:00 is a text"),
        (["a", "b"], "a, b"),
        ({"id": "712020:1", "name": "Dana"}, "Dana"),
        ({"id": "712020:1", "name": None}, "712020:1"),
        ({"amount": "12.50", "currency": "EUR"}, "12.50 EUR"),
        ({"else": 1}, '{"else":1}'),
        (7, "7"),
    ],
)
def test_a_value_is_said_as_people_say_it(value: Any, said: str) -> None:
    assert spelled(value) == said
