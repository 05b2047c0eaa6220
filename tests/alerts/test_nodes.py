"""Several nodes tell alerts: each card once, whoever comes first, and nothing raised meanwhile is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from alerts.siren import LASTS, Siren
from bridge.alerts import store
from bridge.db import Database
from bridge.pipeline.alerting.telling import tell_due
from clocks import FakeClock
from pipeline.town import Town


@pytest.fixture
def pg_siren(postgres_database: Database, clock: FakeClock) -> Siren:
    """Where several nodes may be."""
    return Siren(town=Town(database=postgres_database, clock=clock))


@pytest.fixture
def together() -> Callable[..., None]:
    """Does these at the same moment, each in a thread, and waits for all of them."""

    def do(*works: Callable[[], object]) -> None:
        start = threading.Barrier(len(works))

        def begin(work: Callable[[], object]) -> None:
            start.wait(timeout=60)
            work()

        with ThreadPoolExecutor(len(works)) as pool:
            for done in [pool.submit(begin, work) for work in works]:
                done.result(timeout=60)

    return do


def test_two_nodes_that_tell_one_group_at_once_make_one_card(
    pg_siren: Siren, together: Callable[..., None]
) -> None:
    pg_siren.live_by(f"group_by: [feedback.product], {LASTS}")
    other = pg_siren.town.beside()
    for number in range(5):
        pg_siren.critical(str(number), product=f"P{number}")
    pg_siren.town.clock.advance(30)

    together(lambda: tell_due(pg_siren.town.world), lambda: tell_due(other.world))
    pg_siren.wait(0)

    assert sorted(pg_siren.chat) == [f"P{number}: new case {number}" for number in range(5)]


def test_a_node_that_looked_before_another_told_finds_nothing_left(siren: Siren) -> None:
    siren.live_by("group_wait: 30s")
    siren.critical("1")
    siren.town.clock.advance(30)
    now = siren.town.clock.now()
    with siren.town.database.reading() as session:
        (seen,) = store.due(session, now=now)

    siren.wait(0)
    with siren.town.database.transaction() as session:
        left = store.due_groups(session, seen, now=now)

    assert siren.chat == ["outage: new case 1"]
    assert left == []


def test_what_is_raised_while_a_group_is_told_is_told_later(
    pg_siren: Siren, together: Callable[..., None]
) -> None:
    pg_siren.live_by("group_wait: 0s, group_interval: 5m")
    other = Siren(town=pg_siren.town.beside())
    pg_siren.critical("first")
    pg_siren.town.clock.advance(300)

    together(
        lambda: pg_siren.flood(*(f"a{number}" for number in range(5))),
        lambda: other.flood(*(f"b{number}" for number in range(5))),
    )
    pg_siren.wait(300)

    said = " ".join(pg_siren.chat)
    assert all(f"new case {one}{number}" in said for one in "ab" for number in range(5))
    assert said.count("new case") == 11


def test_a_route_that_cannot_be_told_keeps_no_other_from_it(siren: Siren) -> None:
    siren.live_by("group_by: [feedback.product], group_wait: 0s")
    siren.town.break_off_at("INSERT INTO alert_card", times=1)

    siren.critical("1")
    assert siren.chat == []
    said = dict(siren.town.said.down)
    siren.wait(60)

    assert "alerts of rule outage cannot be told" in said["alerts:outage:card"]
    assert siren.chat == ["Router: new case 1"]
    assert "alerts:outage:card" not in siren.town.said.down
