"""Our own echo carries the write key, and ends the wait for a lost answer."""

from dataclasses import replace

import pytest

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Snapshot
from bridge.connectors.mark import Mark
from bridge.errors import AmbiguousOutcome, TransientError
from bridge.ledger import links
from bridge.ledger.links import Wanted
from bridge.outbox.tables import State
from bridge.pipeline import echo
from outbox.stand import Stand
from outbox.vendor import Killed, Wind


@pytest.fixture
def lost(stand: Stand) -> str:
    """A create with a reserved link whose answer was cut after the effect."""
    wanted = Wanted(
        left_ref="crm:case:1",
        left_kind="feedback",
        right_kind="work_item",
        right_connection="shop",
        relation="originates",
        role="task",
        event_id=None,
        delivery_id="dlv-x",
    )
    with stand.database.transaction() as session:
        link = links.reserve(session, wanted, now=stand.clock.now()).id
    delivery = stand.create(id="dlv-x", write_key="key-x", link_id=link)
    stand.vendor.blow(Wind(error=AmbiguousOutcome("cut"), after=True))
    stand.step()
    return delivery


@pytest.fixture
def shown(stand: Stand) -> Snapshot:
    """What the vendor's webhook says of the record that was made."""
    return Snapshot(
        object="thing",
        ref=Ref("shop", "thing", "1"),
        act=Act.CREATED,
        occurred_at=stand.clock.now(),
        mark=Mark(write_keys=("key-x",), key="T-1", url="https://t/1"),
    )


def test_the_echo_finishes_the_delivery_and_its_link(
    stand: Stand, lost: str, shown: Snapshot
) -> None:
    count = echo.hear(stand.world, [shown])

    row = stand.delivery(lost)
    with stand.database.reading() as session:
        (link,) = links.of(session, "crm:case:1")
    assert count == 1
    assert (row.state, row.find_first, row.error_kind) == (State.SUCCEEDED, False, "")
    assert row.result is not None
    assert (row.result["ref"], row.result["key"]) == ("shop:thing:1", "T-1")
    assert (link.state, link.right_ref, link.key) == ("live", "shop:thing:1", "T-1")
    assert stand.later() == []
    assert stand.vendor.finds == 0
    assert stand.vendor.count("key-x") == 1


def test_one_that_was_deleted_is_not_made_again(stand: Stand, lost: str, shown: Snapshot) -> None:
    echo.hear(stand.world, [replace(shown, act=Act.DELETED)])

    assert stand.delivery(lost).state == State.SUCCEEDED
    assert stand.later() == []


def test_what_was_behind_it_may_go(stand: Stand, lost: str, shown: Snapshot) -> None:
    behind = stand.create("next", ordering_key=stand.delivery(lost).ordering_key)

    echo.hear(stand.world, [shown])

    assert stand.step() == [State.SUCCEEDED]
    assert stand.delivery(behind).state == State.SUCCEEDED


def test_a_delivery_in_flight_is_left_to_its_worker(
    stand: Stand, lost: str, shown: Snapshot
) -> None:
    stand.clock.advance(61)
    (claimed,) = stand.claim()

    count = echo.hear(stand.world, [shown])
    end = stand.dispatcher.dispatch(claimed)

    assert (count, end) == (0, State.SUCCEEDED)


def test_one_that_was_deleted_while_its_worker_died_is_not_made_again(
    stand: Stand, shown: Snapshot
) -> None:
    delivery = stand.create(write_key="key-x")
    stand.vendor.blow(Wind(error=Killed(), after=True))
    (claimed,) = stand.claim()
    with pytest.raises(Killed):
        stand.dispatcher.dispatch(claimed)
    stand.vendor.written.clear()

    echo.hear(stand.world, [replace(shown, act=Act.DELETED)])
    stand.lapse()

    assert stand.step() == [State.SUCCEEDED]
    assert stand.delivery(delivery).result["ref"] == "shop:thing:1"  # type: ignore[index]
    assert stand.vendor.written == []


def test_what_surely_did_not_happen_is_not_over_by_what_was_heard_meanwhile(
    stand: Stand, shown: Snapshot
) -> None:
    stand.create(write_key="key-x")
    (claimed,) = stand.claim()
    echo.hear(stand.world, [replace(shown, act=Act.DELETED)])
    stand.vendor.blow(TransientError("busy"))

    assert stand.dispatcher.dispatch(claimed) == State.PENDING
    assert stand.later() == [State.SUCCEEDED]
    assert stand.vendor.count("key-x") == 1


def test_an_echo_heard_twice_is_heard_once(stand: Stand, lost: str, shown: Snapshot) -> None:
    assert [echo.hear(stand.world, [shown, shown]), echo.hear(stand.world, [shown])] == [1, 0]


@pytest.mark.parametrize(
    "foreign",
    [
        {"mark": None},
        {"mark": Mark(write_keys=("key-y",), key="T-1", url="")},
        {"ref": Ref("club", "thing", "1")},
    ],
    ids=["no key", "another key", "another connection"],
)
def test_what_is_no_echo_of_it_changes_nothing(
    stand: Stand, lost: str, shown: Snapshot, foreign: dict[str, object]
) -> None:
    count = echo.hear(stand.world, [replace(shown, **foreign)])  # type: ignore[arg-type]

    assert count == 0
    assert stand.delivery(lost).state == State.PENDING


def test_what_surely_did_not_happen_has_no_echo(stand: Stand, shown: Snapshot) -> None:
    """Somebody may have copied the label."""
    delivery = stand.create(write_key="key-x")
    stand.vendor.blow(TransientError("busy"))
    stand.step()

    assert echo.hear(stand.world, [shown]) == 0
    assert stand.delivery(delivery).state == State.PENDING
