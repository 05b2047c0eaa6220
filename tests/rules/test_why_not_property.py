"""For any condition of comparisons and any record: what is proposed does, and nothing smaller would."""

from typing import Any

from hypothesis import assume, given, settings

from bridge.rules.tree import Path
from properties import SLOW
from rules.conditions import CONDITIONS, RECORDS, Trial


@settings(suppress_health_check=SLOW, deadline=None)
@given(condition=CONDITIONS, state=RECORDS)
def test_what_is_proposed_would_do_and_nothing_smaller_would(
    condition: str, state: dict[Path, Any]
) -> None:
    trial = Trial.of(condition, state)
    assume(not trial.holds(trial.values))

    why = trial.why()

    assert why.failed
    assert [fix for fix in why.fixes if not trial.holds(fix.changed)] == []
    fewest = min((len(fix.changes) for fix in why.fixes), default=None)
    assert fewest == trial.fewest(), [fix.words for fix in why.fixes]
    assert bool(why.unsolved) is (fewest is None)
