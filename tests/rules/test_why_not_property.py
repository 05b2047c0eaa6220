"""For any condition of comparisons and any record: what is proposed does, and nothing smaller would."""

from typing import Any

from hypothesis import assume, given, settings

from bridge.rules.solving import changed_values
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
    sizes = [len(fix.changes) for fix in why.fixes]
    assert sizes == sorted(sizes)
    fewest = sizes[0] if sizes else None
    assert fewest == trial.fewest(), [fix.words for fix in why.fixes]
    assert bool(why.unsolved) is (fewest is None)
    shown = [
        changed_values(fix.changed, {(*change.field.split("."),): option})
        for fix in why.fixes
        for change in fix.changes
        for option in change.options
    ]
    assert [one for one in shown if not trial.holds(one)] == []
