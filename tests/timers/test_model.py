"""Whatever happens, in whatever order: time makes what a naive model says, and once."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from pipeline.town import Town
from timers.machine import Timers


@pytest.mark.timeout(3600)  # of the long profile
def test_timers_do_what_a_naive_model_does(new_town: Callable[[], Town]) -> None:
    machine = type("TimersHere", (Timers,), {"make": staticmethod(new_town)})

    run_state_machine_as_test(
        machine,
        settings=settings(
            stateful_step_count=20, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )
