"""Keys that do not say what their deliveries say are found, set right and counted."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from bridge.outbox import agreement
from bridge.outbox.agreement import Audit
from bridge.outbox.tables import DeliveryRow, OrderingKeyRow, State
from outbox.stand import Stand

LATER = timedelta(days=1)


@pytest.fixture
def audit(stand: Stand) -> Audit:
    return Audit(database=stand.database, slice=3)


def test_what_is_as_it_should_be_is_left_alone(stand: Stand, audit: Audit) -> None:
    for number in range(8):
        stand.update("a", thing=str(number), urgent=number % 2 == 0)
    stand.claim(3)
    stand.step()
    before = [stand.key(row.id).due_at for row in stand.all()]

    assert audit.round(100) == []
    assert [stand.key(row.id).due_at for row in stand.all()] == before


@pytest.mark.parametrize(
    "damage",
    [{"due_at": None}, {"due_at": LATER}, {"urgent": False}],
    ids=["no due time", "due too late", "no hurry"],
)
def test_a_key_that_would_let_its_work_wait_is_set_right(
    stand: Stand, audit: Audit, damage: Mapping[str, Any]
) -> None:
    delivery = stand.update("a", urgent=True)
    right = stand.key(delivery)
    late = {name: stand.clock.now() + value for name, value in damage.items() if value is LATER}
    with stand.database.transaction() as session:
        session.execute(update(OrderingKeyRow).values(**{**damage, **late}))

    mended = audit.round(100)

    found = stand.key(delivery)
    assert mended == [right.key]
    assert (found.due_at, found.urgent) == (right.due_at, True)
    assert audit.round(100) == []
    assert stand.step() == [State.SUCCEEDED]


def test_a_key_that_is_not_there_at_all_is_made(stand: Stand, audit: Audit) -> None:
    delivery = stand.update("a")
    with stand.database.transaction() as session:
        session.execute(delete(OrderingKeyRow))

    mended = audit.round(100)

    assert mended == [stand.delivery(delivery).ordering_key]
    assert stand.step() == [State.SUCCEEDED]


def test_a_key_that_is_due_without_work_rests(stand: Stand, audit: Audit) -> None:
    delivery = stand.update("a")
    with stand.database.transaction() as session:
        session.execute(update(DeliveryRow).values(state=State.CANCELLED))

    mended = audit.round(100)

    assert mended == [stand.delivery(delivery).ordering_key]
    assert stand.key(delivery).due_at is None


def test_a_lease_that_nothing_is_under_way_for_ends(stand: Stand, audit: Audit) -> None:
    delivery = stand.update("a")
    stand.claim()
    fence = stand.key(delivery).fence
    with stand.database.transaction() as session:
        session.execute(update(DeliveryRow).values(state=State.PENDING))

    mended = audit.round(100)

    key = stand.key(delivery)
    assert mended == [key.key]
    assert (key.leased_until, key.fence) == (None, fence)
    assert stand.step() == [State.SUCCEEDED]


def test_what_is_under_way_without_a_lease_is_due_and_rescued(stand: Stand, audit: Audit) -> None:
    stand.update("a")
    stand.claim()
    with stand.database.transaction() as session:
        session.execute(update(OrderingKeyRow).values(leased_until=None, due_at=None))

    mended = audit.round(100)
    (again,) = stand.claim()

    assert len(mended) == 1
    assert again.rescued


def test_a_round_goes_on_where_the_last_one_stopped(stand: Stand, audit: Audit) -> None:
    for number in range(8):
        stand.update("a", thing=str(number))
    with stand.database.transaction() as session:
        session.execute(update(OrderingKeyRow).values(due_at=None))

    rounds = [len(audit.round(1)) for _ in range(4)]

    assert rounds == [3, 3, 2, 0]
    with stand.database.reading() as session:
        assert agreement.disagreeing(session) == []
