"""What a node weighs before deliveries are written: shares of overwritten fields, and what it tells others."""

from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from bridge.canonical.caps import Caps
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.caps import store
from bridge.pipeline.caps.governor import Governor
from bridge.pipeline.caps.use import Use, Weighed
from outbox.owed import owed
from pipeline.town import Town

HALF = Caps(overwrites=0.5)
Weigh = Callable[..., list[DeliveryRow]]


@pytest.fixture
def governor(small_town: Town) -> Governor:
    return small_town.world.governor


@pytest.fixture
def weigh(small_town: Town, governor: Governor) -> Weigh:
    """So many writes of one field each are weighed, of which some overwrite one; the rows."""
    numbers = iter(range(10_000))

    def judge(count: int, *, overwrite: int, caps: Caps = HALF) -> list[DeliveryRow]:
        rows = [
            owed(
                number, "shop.update", {}, now=small_town.clock.now(), subject=f"crm:Case:{number}"
            )
            for number, _ in zip(numbers, range(count), strict=False)
        ]
        weighed = [
            Weighed(row=row, caps=caps, use=Use(writes=1, known=1, overwritten=at < overwrite))
            for at, row in enumerate(rows)
        ]
        with small_town.database.transaction() as session:
            governor.judge(session, weighed)
        return rows

    return judge


def test_a_rule_that_overwrites_more_than_its_share_is_held(weigh: Weigh, small_town: Town) -> None:
    fine, wrong = weigh(60, overwrite=20), weigh(60, overwrite=60)

    (hold,) = small_town.holds()
    assert {row.state for row in fine} == {State.PENDING}
    assert [row.state for row in wrong] == [State.PENDING] * 20 + [State.HELD] * 40
    assert "41 of 81 fields that had a value got another" in hold.reason


def test_a_share_of_few_fields_says_nothing(weigh: Weigh) -> None:
    assert {row.state for row in weigh(49, overwrite=49)} == {State.PENDING}


def test_a_rule_without_that_cap_may_overwrite_all(weigh: Weigh) -> None:
    assert {row.state for row in weigh(200, overwrite=200, caps=Caps())} == {State.PENDING}


def test_what_could_not_be_told_is_told_the_next_time(
    weigh: Weigh, governor: Governor, small_town: Town
) -> None:
    weigh(60, overwrite=0, caps=Caps(writes_per_hour=1_000))
    small_town.break_off_at("INSERT INTO rule_use", times=1)

    with pytest.raises(OperationalError):
        governor.flush_if_much(small_town.database)
    governor.flush_if_much(small_town.database)

    with small_town.database.reading() as session:
        found = store.sums(session, now=small_town.clock.now())
    assert found == {"a-rule": Use(writes=60, known=60, overwritten=0)}


def test_little_is_told_after_a_minute(weigh: Weigh, governor: Governor, small_town: Town) -> None:
    weigh(2, overwrite=0)
    governor.flush_if_due(small_town.database)
    with small_town.database.reading() as session:
        at_once = store.sums(session, now=small_town.clock.now())

    small_town.clock.advance(61)
    governor.flush_if_due(small_town.database)

    with small_town.database.reading() as session:
        later = store.sums(session, now=small_town.clock.now())
    assert (at_once, later) == ({}, {"a-rule": Use(writes=2, known=2, overwritten=0)})


def test_what_others_wrote_counts_at_the_brink(weigh: Weigh, small_town: Town) -> None:
    caps = Caps(writes_per_hour=10)
    weigh(4, overwrite=0, caps=caps)
    others = {"a-rule": store.Written(use=Use(writes=5), most=1)}
    small_town.act(lambda session: store.add(session, others, now=small_town.clock.now()))

    states = [row.state for row in weigh(8, overwrite=0, caps=caps)]

    assert states == [State.PENDING] + [State.HELD] * 7
