"""A worker that is frozen while it claims knows no longer lease than it has."""

from datetime import timedelta

import pytest

from bridge.db import Database
from clocks import FakeClock
from outbox.stand import Stand
from outbox.unsteady import Unsteady


def test_a_worker_frozen_just_after_its_lease_began_starts_no_call(
    unsteady: Unsteady, clock: FakeClock
) -> None:
    stand = Stand.up(unsteady, clock)
    delivery = stand.update("a")
    almost = stand.dispatcher.term - timedelta(seconds=1)
    unsteady.after_asking = lambda: clock.advance(almost)

    stand.step()

    assert stand.vendor.written == []
    assert "too long ago" in stand.delivery(delivery).reason


@pytest.mark.parametrize("together", [1, 2])
def test_a_worker_frozen_after_its_last_look_at_the_lease_starts_no_call(
    together: int, database: Database, clock: FakeClock
) -> None:
    """A look-up before the write may be as slow."""
    stand = Stand.up(database, clock)
    deliveries = [stand.paint("red", str(thing)) for thing in range(together)]
    stand.vendor.slow_start = stand.dispatcher.term - timedelta(seconds=1)

    stand.bulk_step()
    written = list(stand.vendor.written)
    stand.vendor.slow_start = timedelta(0)
    stand.lapse()
    stand.bulk_step()

    assert written == []
    assert {stand.delivery(one).state for one in deliveries} == {"succeeded"}
    assert len(stand.vendor.written) == together
