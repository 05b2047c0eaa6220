"""Bulk calls: what may share one does, each has an end of its own, and the guilty one is tried alone."""

from datetime import timedelta

from bridge.errors import AmbiguousOutcome, CredentialError, TransientError
from bridge.outbox.tables import State
from outbox.stand import Stand

PAINTS = ("shop", "shop.paint|paint")


def test_heads_of_many_keys_go_in_one_call(stand: Stand) -> None:
    ids = [stand.paint("red", str(number)) for number in range(5)]

    states = stand.bulk_step()

    assert states == [State.SUCCEEDED] * 5
    assert stand.vendor.bulks == [["0", "1", "2"], ["3", "4"]]
    batches = [stand.attempts(one)[0].batch for one in ids]
    assert len(set(batches)) == 2
    assert None not in batches


def test_a_bulk_call_is_one_call_of_its_connections_room(stand: Stand) -> None:
    for number in range(7):
        stand.paint("red", str(number))

    stand.bulk_step(limit=3)

    assert [len(call) for call in stand.vendor.bulks] == [3, 3]


def test_one_record_is_never_twice_in_a_call(stand: Stand) -> None:
    stand.paint("red", "a")
    stand.paint("blue", "a")
    stand.paint("red", "b")

    stand.bulk_step()
    stand.bulk_step()

    assert stand.vendor.bulks == [["a", "b"]]
    assert stand.vendor.texts("a") == ["red", "blue"]


def test_what_cannot_share_goes_alone(stand: Stand) -> None:
    stand.paint("by hand", "a")
    stand.paint("red", "b")
    stand.update("x", "c")

    states = stand.bulk_step()

    assert states == [State.SUCCEEDED] * 3
    assert stand.vendor.bulks == []


def test_only_the_guilty_one_is_dead_and_only_after_it_was_tried_alone(stand: Stand) -> None:
    good, bad, other = (stand.paint(one, one) for one in ("red", "grey", "blue"))

    first = stand.bulk_step()
    after_bulk = stand.delivery(bad)
    second = stand.bulk_step()

    assert first == [State.SUCCEEDED, State.PENDING, State.SUCCEEDED]
    assert (after_bulk.state, after_bulk.tries, after_bulk.batch) == (State.PENDING, 0, "")
    assert second == [State.DEAD]
    assert [one.outcome for one in stand.attempts(bad)] == ["refused_in_bulk", "permanent"]
    assert [stand.delivery(one).state for one in (good, other)] == [State.SUCCEEDED] * 2


def test_what_found_no_room_goes_with_the_next_and_has_lost_nothing(stand: Stand) -> None:
    ids = [stand.paint("red", str(number)) for number in range(3)]
    stand.vendor.room = 2

    first = stand.bulk_step()
    late = stand.delivery(ids[2])
    second = stand.bulk_step()

    assert first == [State.SUCCEEDED, State.SUCCEEDED, State.PENDING]
    assert (late.tries, late.claims, late.error_kind) == (0, 0, "")
    assert late.batch
    assert second == [State.SUCCEEDED]
    assert [one.outcome for one in stand.attempts(ids[2])] == ["done"]


def test_what_befalls_the_call_befalls_each(stand: Stand) -> None:
    ids = [stand.paint("red", str(number)) for number in range(2)]
    for error, kind in (
        (TransientError("away"), "transient"),
        (AmbiguousOutcome("cut"), "ambiguous"),
        (CredentialError("who are you"), "credentials"),
    ):
        stand.vendor.blow(error)
        stand.bulk_step()
        assert {stand.delivery(one).error_kind for one in ids} == {kind}
        stand.clock.advance(timedelta(minutes=5))

    states = [*stand.bulk_step(), *stand.bulk_step()]

    assert states == [State.SUCCEEDED] * 2
    assert [stand.vendor.texts(place) for place in "01"] == [["red"], ["red"]]


def test_the_next_call_waits_for_company_while_one_is_under_way(stand: Stand) -> None:
    stand.paint("red", "a")

    at_once = stand.bulk_step(PAINTS)
    stand.paint("red", "b")
    stand.paint("red", "c")
    full = stand.bulk_step(PAINTS)
    stand.paint("red", "d")
    stand.clock.advance(0.6)
    waited = stand.bulk_step(PAINTS)
    stand.paint("red", "e", urgent=True)
    urgent = stand.bulk_step(PAINTS)

    assert at_once == []
    assert full == [State.SUCCEEDED] * 3
    assert waited == [State.SUCCEEDED]
    assert urgent == [State.SUCCEEDED]


def test_what_was_rescued_goes_alone(stand: Stand) -> None:
    for number in range(2):
        stand.paint("red", str(number))
    stand.claim()
    stand.lapse()

    states = stand.bulk_step()

    assert states == [State.SUCCEEDED] * 2
    assert stand.vendor.bulks == []


def test_what_of_the_exchange_is_its_own_is_kept(stand: Stand) -> None:
    ids = [stand.paint(colour, colour) for colour in ("red", "blue")]
    stand.bulk_step()

    requests = [str(stand.attempts(one)[0].exchanges) for one in ids]

    assert ['"colour":"red"' in one for one in requests] == [True, False]
    assert ['"colour":"blue"' in one for one in requests] == [False, True]
