"""The promises of the outbox, over any sequence of what may happen to it."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from bridge.db import Database
from outbox.machine import Outbox


@pytest.mark.timeout(3600)  # of the long profile
def test_nothing_is_lost_doubled_or_out_of_order(database: Database) -> None:
    machine = type("OutboxHere", (Outbox,), {"database": database})

    run_state_machine_as_test(
        machine,
        settings=settings(
            stateful_step_count=30, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )
