"""A worker that is frozen while it claims knows no longer lease than it has."""

from datetime import timedelta

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
