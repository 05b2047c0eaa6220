"""Two systems agree in the end, whatever people do on both sides and whatever gets lost on the way."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from agreement.machine import Agreement
from agreement.world import World

RUNS = {"sqlite": (8, 450), "postgresql": (4, 50)}  # short and long
LONG = settings.get_current_profile_name() == "long"


@pytest.mark.timeout(7200)
def test_two_systems_agree_in_the_end(
    new_world: Callable[[], World], request: pytest.FixtureRequest
) -> None:
    here = request.node.callspec.params["new_url"]
    tally = Counter[str]()
    mine = {"new_world": staticmethod(new_world), "tally": tally}

    run_state_machine_as_test(
        type("AgreementHere", (Agreement,), mine),
        settings=settings(
            max_examples=RUNS[here][LONG],
            stateful_step_count=60 if LONG else 30,
            suppress_health_check=list(HealthCheck),
            deadline=None,
        ),
    )

    print(dict(tally))  # noqa: T201  (for docs/reliability.md; -rP shows it)
    assert tally["edits"] > 0
