"""The plan of a replay equals what the run then does, whatever has happened before and is wished."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.db import Database
from bridge.outbox.search import Filter
from clocks import FakeClock
from pipeline.pasts import FILTERS, PASTS, WISHES, Past
from pipeline.town import Town
from properties import SHARING


@pytest.mark.timeout(3600)  # of the long profile
@given(past=PASTS, wanted=FILTERS, wish=WISHES, between=st.booleans())
@settings(suppress_health_check=SHARING, max_examples=settings().max_examples // 4)
def test_a_run_does_what_was_planned(
    past: Past, wanted: Filter, wish: dict[str, Any], between: bool, database: Database
) -> None:
    """`between`: what is owed goes out between the steps of the run.

    Then what follows from it, the write-backs of our own, may overtake old ones that are asked for.
    """
    town = Town.anew(database, FakeClock())
    past.happen(town)

    plan = town.begin(wanted, **wish)
    while town.replay_step(1):
        if between:
            town.deliver()
    owed = town.owed_by(plan.id)
    town.resume("tracker")
    for _ in range(3):
        town.wait(120)
    run = town.replay_row(plan.id)

    sends = run.counts["sends"]
    items, by_rules = town.replayed(run.id), {row.id for row in town.deliveries()}
    moved = {item.what for item in items if item.moved}
    assert (run.state, run.done) == ("done", run.total)
    assert (moved & by_rules if between else moved) == set()
    assert Counter(item.will for item in items) == run.counts["will"]
    if not between:
        assert owed == {name: one["deliveries"] for name, one in sends.items()}
    for name, backs in town.followed(run.id).items():
        assert backs <= run.counts["follows"][name]["deliveries"]
    for name, tries in town.tried_by(run.id).items():
        assert tries <= sends[name]["calls"]
