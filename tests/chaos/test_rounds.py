"""The short profile of `make chaos`: two rounds of fixed weather, on real processes. `python -m chaos` draws more."""

import pytest

from chaos.round import Plan, play


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "plan",
    [
        # killed, killed while it starts, its clock wrong; Jira limits and loses answers
        Plan(kind="sqlite", seed=268, seconds=7.0),
        # one frozen past its leases, two killed; Teams loses answers; the database falls over
        Plan(kind="postgresql-3", seed=4424, seconds=9.0),
    ],
    ids=lambda plan: plan.kind,
)
def test_nothing_is_lost_doubled_or_out_of_order_in_bad_weather(plan: Plan) -> None:
    outcome = play(plan)

    assert outcome.wrong == (), f"{outcome.again}\n{outcome.story}"
    assert outcome.writes > 10
