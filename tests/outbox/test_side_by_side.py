"""Nodes that claim at the same moment: what one locks the others pass over, so none locks more than it takes."""

from datetime import UTC, datetime, timedelta
from functools import partial

from bridge.db import Database
from bridge.outbox import ordering
from bridge.outbox.ordering import Wanted
from bridge.outbox.sharing import Sharing
from clocks import FakeClock
from outbox.stand import Stand

WANTED = Wanted(rooms={"shop": 1}, sharing=Sharing(sizes={"shop.update": 50}), apart=["shop"])


def test_two_nodes_that_claim_at_once_get_a_key_each(
    postgres_database: Database, clock: FakeClock
) -> None:
    stand = Stand.up(postgres_database, clock)
    stand.update("a", thing="1")
    stand.update("b", thing="2")
    lease = partial(
        ordering.lease,
        wanted=WANTED,
        limit=1,
        due=clock.now(),
        now=datetime.now(UTC),
        term=timedelta(minutes=3),
    )

    with postgres_database.transaction() as one, postgres_database.transaction() as two:
        first, second = lease(one, node="a"), lease(two, node="b")

    assert len({key.key for key in (*first, *second)}) == 2
