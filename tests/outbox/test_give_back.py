"""A process that stops gives back what it claimed and did not begin: it is anybody's at once."""

from bridge.outbox.tables import State
from outbox.stand import Stand


def test_what_was_not_begun_can_be_claimed_by_another_at_once(stand: Stand) -> None:
    delivery = stand.create()
    claims = stand.claim()

    stand.dispatcher.give_back(claims)

    after, key = stand.delivery(delivery), stand.key(delivery)
    assert (after.state, after.claims, after.tries) == (State.PENDING, 0, 0)
    assert (key.leased_by, key.leased_until) == (None, None)
    assert stand.step() == [State.SUCCEEDED]
    assert stand.vendor.finds == 0


def test_what_a_dead_worker_had_begun_is_still_looked_for(stand: Stand) -> None:
    """Nobody knows whether it happened, and that the rescuer stops as well changes nothing of it."""
    delivery = stand.create()
    stand.claim()
    stand.lapse()

    stand.dispatcher.give_back(stand.claim())
    (rescued,) = stand.claim()

    assert rescued.rescued
    assert stand.key(delivery).leased_until is not None


def test_what_another_worker_has_by_now_is_left_alone(stand: Stand) -> None:
    delivery = stand.create()
    late = stand.claim()
    stand.lapse()
    stand.claim()

    stand.dispatcher.give_back(late)

    assert stand.key(delivery).leased_until is not None
    assert stand.delivery(delivery).state == State.IN_FLIGHT
