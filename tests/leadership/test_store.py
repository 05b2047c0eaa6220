"""Leases: one leader at a time, and every reign has a higher fence."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.canonical.ids import random_id
from bridge.db import Database
from bridge.leadership.store import Lease, campaign, holds, renew, resign
from clocks import FakeClock
from properties import SHARING

LEASE = timedelta(seconds=30)


def test_one_leads_and_the_other_waits_until_the_lease_lapses(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        first = campaign(session, "clock", "a", lease=LEASE, now=clock.now())
        refused = campaign(session, "clock", "b", lease=LEASE, now=clock.advance(29))
        second = campaign(session, "clock", "b", lease=LEASE, now=clock.advance(1))
        assert first is not None
        assert second is not None
        still = holds(session, first, now=clock.now())
        now_holds = holds(session, second, now=clock.now())

    assert refused is None
    assert (first.holder, second.holder) == ("a", "b")
    assert second.fence > first.fence
    assert (still, now_holds) == (False, True)


def test_a_lease_that_is_renewed_does_not_lapse(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        first = campaign(session, "clock", "a", lease=LEASE, now=clock.now())
        assert first is not None
        for _ in range(3):
            assert renew(session, first, lease=LEASE, now=clock.advance(20))
        other = campaign(session, "clock", "b", lease=LEASE, now=clock.advance(20))

    assert other is None


def test_a_lease_that_lapsed_is_not_renewed_even_if_nobody_took_over(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        first = campaign(session, "clock", "a", lease=LEASE, now=clock.now())
        assert first is not None
        renewed = renew(session, first, lease=LEASE, now=clock.advance(30))
        again = campaign(session, "clock", "a", lease=LEASE, now=clock.now())

    assert not renewed
    assert again == Lease(name="clock", holder="a", fence=first.fence + 1)


def test_an_old_reign_neither_renews_nor_resigns_for_a_new_one(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        old = campaign(session, "clock", "a", lease=LEASE, now=clock.now())
        new = campaign(session, "clock", "a", lease=LEASE, now=clock.advance(30))
        assert old is not None
        assert new is not None
        assert not renew(session, old, lease=LEASE, now=clock.now())
        assert not resign(session, old, now=clock.now())
        assert holds(session, new, now=clock.now())


def test_who_resigns_is_followed_at_once(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        first = campaign(session, "clock", "a", lease=LEASE, now=clock.now())
        assert first is not None
        assert resign(session, first, now=clock.now())
        second = campaign(session, "clock", "b", lease=LEASE, now=clock.now())

    assert second == Lease(name="clock", holder="b", fence=2)


def test_other_names_have_other_leaders(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        assert campaign(session, "clock", "a", lease=LEASE, now=clock.now())
        assert campaign(session, "mappings", "b", lease=LEASE, now=clock.now())


def test_of_many_who_campaign_together_one_wins(database: Database, clock: FakeClock) -> None:
    together = threading.Barrier(6)

    def run(number: int) -> Lease | None:
        together.wait(timeout=60)
        with database.transaction() as session:
            return campaign(session, "clock", f"node {number}", lease=LEASE, now=clock.now())

    with ThreadPoolExecutor(6) as pool:
        first = [won for won in pool.map(run, range(6)) if won]
        clock.advance(60)
        second = [won for won in pool.map(run, range(6)) if won]

    assert [won.fence for won in first] == [1]
    assert [won.fence for won in second] == [2]


@settings(suppress_health_check=SHARING)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from(["campaign", "renew", "resign"]),
            st.integers(min_value=0, max_value=40),
        ),
        max_size=30,
    )
)
def test_in_any_order_of_events_at_most_one_holds_and_fences_grow(
    steps: list[tuple[str, str, int]], sqlite_database: Database
) -> None:
    clock, name, fences = FakeClock(), random_id("key"), [0]
    leases: dict[str, Lease] = {}
    for node, step, seconds in steps:
        now = clock.advance(seconds)
        with sqlite_database.transaction() as session:
            mine = leases.get(node)
            if step == "campaign":
                won = campaign(session, name, node, lease=LEASE, now=now)
                if won:
                    leases[node] = won
                    fences.append(won.fence)
            elif mine and step == "renew":
                renew(session, mine, lease=LEASE, now=now)
            elif mine:
                resign(session, mine, now=now)
            holding = [one for one in leases.values() if holds(session, one, now=now)]
        assert len(holding) <= 1

    assert fences == sorted(set(fences))
