"""Two systems agree in the end, whatever people do on both sides and whatever gets lost on the way."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from agreement.machine import Agreement
from agreement.world import World

RUNS = {
    "short": {"sqlite": 6, "postgresql": 3},
    "long": {"sqlite": 450, "postgresql": 50},
    "hunt": {"sqlite": 40, "postgresql": 40},  # of a mutant: see chaos/mutants.py
}
PROFILE = settings.get_current_profile_name()


@pytest.mark.timeout(7200)
def test_two_systems_agree_in_the_end(
    new_world: Callable[[], World], request: pytest.FixtureRequest
) -> None:
    here = request.node.callspec.params["new_url"]
    tally = Counter[str]()
    mine = {"new_world": staticmethod(new_world), "tally": tally}

    try:
        run_state_machine_as_test(
            type("AgreementHere", (Agreement,), mine),
            settings=settings(
                max_examples=RUNS[PROFILE][here],
                stateful_step_count=30 if PROFILE == "short" else 60,
                suppress_health_check=list(HealthCheck),
                deadline=None,
            ),
        )
    finally:
        print(dict(tally))  # noqa: T201  (for docs/reliability.md; -rP shows it)

    assert tally["edits"] > 0
