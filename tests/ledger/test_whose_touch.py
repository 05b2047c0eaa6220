"""Whose touch was the last: our account's only where the newest state says so beyond doubt."""

from typing import Any

import pytest

from bridge.canonical.event import Act
from bridge.db import Database
from bridge.ledger import store
from ledger.sightings import CASE, at, context, seen

OURS, THEIRS = {"ours": True}, {"ours": False}


@pytest.mark.parametrize(
    ("shown", "ours"),
    [
        ([OURS], True),
        ([THEIRS], False),
        ([THEIRS, OURS | {"second": 2}], True),
        ([OURS, THEIRS | {"second": 2}], False),
        ([OURS, THEIRS | {"second": 0}], True),
        ([THEIRS | {"second": 2}, OURS], False),
        ([THEIRS, OURS], False),
        ([OURS, THEIRS], False),
        ([OURS, OURS], True),
        ([THEIRS | {"version": "7"}, OURS | {"version": "8"}], True),
        ([THEIRS | {"version": "8"}, OURS | {"version": "7"}], False),
        ([OURS, THEIRS | {"stamp": None}], False),
        ([THEIRS, OURS | {"stamp": None}], False),
        ([OURS, OURS | {"stamp": None}], True),
        ([OURS, OURS | {"second": 2, "act": Act.DELETED}], False),
    ],
    ids=str,
)
def test_our_account_was_the_last_only_if_the_newest_state_says_so(
    database: Database, shown: list[dict[str, Any]], *, ours: bool
) -> None:
    with database.transaction() as session:
        for number, one in enumerate(shown):
            store.apply(session, seen({"title": f"{number}"}, **one), context())
        row = store.record(session, str(CASE))

        assert row is not None
        assert row.ours is ours


def test_a_state_that_is_shown_again_by_somebody_takes_it_away(database: Database) -> None:
    """Nothing that a source reads has changed; something else may have."""
    with database.transaction() as session:
        store.apply(session, seen({"title": "a"}, ours=True), context())
        store.apply(session, seen({"title": "a"}, second=2), context(now=at(9)))
        row = store.record(session, str(CASE))

        assert row is not None
        assert row.ours is False
