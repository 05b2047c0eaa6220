"""Nodes within a vendor's limits: not one call too many, hardly one too few, and nothing dropped."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import event, select

from bridge.connectors.limits import Limit, Scope, Window
from bridge.db import Database
from bridge.outbox.tables import BudgetRow, State
from clocks import FakeClock
from outbox.budgets.crowd import Crowd

A_SECOND = Window(most=20, seconds=1)
A_DAY = Window(most=100, seconds=86_400)
CHANNEL = Limit(
    name="channel",
    windows=(Window(most=4, seconds=1), Window(most=60, seconds=30)),
    scope=Scope.PART,
)
ISSUE = Limit(
    name="issue",
    windows=(Window(most=20, seconds=2), Window(most=100, seconds=30)),
    scope=Scope.RECORD,
)


def test_two_nodes_keep_one_limit_and_use_nearly_all_of_it(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, nodes=2, windows=[A_SECOND], limits={"calls": "20 per 1s"})
    for number in range(200):
        crowd.first.update("a", thing=str(number))

    crowd.work(13)

    assert crowd.door.refused == 0
    assert crowd.states() == {"succeeded": 200}


def test_what_is_over_a_limit_waits_and_spends_no_try(database: Database, clock: FakeClock) -> None:
    crowd = Crowd.up(database, clock, windows=[A_DAY], limits={"calls": "100 per 24h"}, reserve=0)
    for number in range(130):
        crowd.first.update("a", thing=str(number))

    crowd.work(60, step=0.5)

    assert crowd.door.refused == 0
    assert crowd.states() == {"pending": 30, "succeeded": 100}
    assert {row.tries for row in crowd.first.all() if row.state == "pending"} == {0}


def test_the_reserve_keeps_urgent_ones_going_when_a_quota_is_nearly_used(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, windows=[A_DAY], limits={"calls": "100 per 24h"}, reserve=0.1)
    for number in range(120):
        crowd.first.update("a", thing=str(number))
    crowd.work(60, step=0.5)
    urgent = [crowd.first.update("b", thing=f"u{number}", urgent=True) for number in range(4)]
    crowd.first.heard.tried.clear()

    crowd.work(5, step=0.5)

    assert crowd.door.refused == 0
    assert crowd.states() == {"pending": 30, "succeeded": 94}
    assert [crowd.first.delivery(one).state for one in urgent] == ["succeeded"] * 4
    assert crowd.first.heard.tried == ["done"] * 4  # what is not urgent was not even claimed


def test_what_the_vendor_closes_is_closed_for_every_node_until_it_says(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, nodes=2)
    crowd.door.script = [httpx.Response(429, headers={"retry-after": "60"})]
    crowd.first.update("a", thing="1")
    start = clock.monotonic()
    crowd.work(3)
    for number in range(20):
        crowd.first.update("b", thing=f"b{number}")

    crowd.work(70, step=0.5)

    assert crowd.door.within(start + 3, start + 59.9) == 0
    assert crowd.door.within(start + 59.9, start + 61.9) == 1
    assert crowd.states() == {"succeeded": 21}
    assert crowd.first.delivery("dlv-1").tries == 1


def test_a_quota_that_each_answer_tells_is_kept_without_being_set(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, nodes=2, reserve=0.2)
    crowd.door.headers = {
        "ratelimit-policy": '"org";q=1000;w=86400',
        "ratelimit": '"org";r=150;t=3600',
    }
    for number in range(60):
        crowd.first.update("a", thing=str(number))

    crowd.work(30, step=0.5)

    assert len(crowd.door.came) <= 30
    assert crowd.states()["pending"] >= 30


def test_a_burst_that_the_vendor_holds_narrower_than_we_knew_is_kept_at_its_word(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, nodes=2, windows=[A_SECOND], limits={"calls": "50 per 1s"})
    crowd.door.headers = {"ratelimit-policy": '"calls";q=20;w=1', "ratelimit": '"calls";r=3'}
    crowd.first.update("a")
    crowd.work(4)
    for number in range(100):
        crowd.first.update("b", thing=f"b{number}")

    crowd.work(9)

    assert crowd.door.refused == 0
    assert crowd.states() == {"succeeded": 101}


def test_a_channel_that_takes_no_more_does_not_slow_the_others(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(
        database, clock, nodes=2, windows=CHANNEL.windows, by_place=True, known=[CHANNEL]
    )
    for number in range(300):
        crowd.first.post("x", channel="loud", subject=f"crm:case:{number}")
    crowd.work(20)
    quiet = [crowd.first.post("y", channel="calm", subject=f"crm:case:c{n}") for n in range(4)]

    crowd.work(1.5)

    assert crowd.door.refused == 0
    assert 50 <= sum(place == "/loud" for _, place in crowd.door.came) <= 60
    assert [crowd.first.delivery(one).state for one in quiet] == ["accepted"] * 4


def test_cards_share_a_message_while_their_channel_will_soon_take_no_more(
    database: Database, clock: FakeClock
) -> None:
    """Few as they are: else the last of them would wait for an hour."""
    hourly = Limit(name="channel", windows=(Window(most=20, seconds=3_600),), scope=Scope.PART)
    crowd = Crowd.up(database, clock, by_place=True, known=[hourly], reserve=0.0)
    node = crowd.first
    ends = []
    for texts in ("ab", "cd", "ef", "gh", "ij", "kl", "mn", "op", "qr", "st", "uv"):
        for text in texts:
            node.tell(text, subject=f"crm:case:{text}")
        ends += node.bulk_step()
        clock.advance(5)

    told = node.vendor.texts("alerts")
    assert ends == [State.ACCEPTED] * 22
    assert sorted(told[:10]) == [*"abcdefghij"]
    assert told[-1] == "u + v"


def test_a_closed_channel_alone_is_closed(database: Database, clock: FakeClock) -> None:
    crowd = Crowd.up(database, clock, windows=CHANNEL.windows, by_place=True, known=[CHANNEL])
    crowd.door.script = [httpx.Response(429, headers={"retry-after": "60"})]
    crowd.first.post("x", channel="loud")
    crowd.work(1)

    crowd.first.post("x", channel="calm")
    crowd.work(1)

    assert [place for _, place in crowd.door.came] == ["/loud", "/calm"]


def test_one_record_is_written_no_more_often_than_its_vendor_allows_while_others_go_on(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, nodes=2, windows=ISSUE.windows, by_place=True, known=[ISSUE])
    for number in range(120):
        crowd.first.update(f"{number}", thing="hot")
    crowd.work(5, step=0.05)
    others = [crowd.first.update("a", thing=str(number)) for number in range(20)]

    crowd.work(1, step=0.1)
    done = [crowd.first.delivery(one).state for one in others]
    crowd.work(36, step=0.25)

    assert done == ["succeeded"] * 20
    assert crowd.door.refused == 0
    assert crowd.states() == {"succeeded": 140}
    assert [int(one.text) for one in crowd.first.vendor.written if one.place == "hot"] == sorted(
        int(one.text) for one in crowd.first.vendor.written if one.place == "hot"
    )


def test_what_nobody_limits_costs_no_write(database: Database, clock: FakeClock) -> None:
    crowd = Crowd.up(database, clock)
    for number in range(50):
        crowd.first.update("a", thing=str(number))

    crowd.work(10)

    with database.reading() as session:
        assert session.scalars(select(BudgetRow)).all() == []


def test_a_limit_costs_a_write_each_two_seconds_and_none_when_idle(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, limits={"calls": "100000 per 24h"})
    writes: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("UPDATE budget"):
            writes.append(statement)

    for number in range(200):
        crowd.first.update("a", thing=str(number))
        crowd.work(0.1)
    busy = len(writes)
    crowd.work(20, step=0.5)

    assert crowd.states() == {"succeeded": 200}
    assert busy <= 15
    assert len(writes) == busy


def test_a_clock_that_is_set_back_stops_nothing_for_long(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, windows=[A_SECOND], limits={"calls": "20 per 1s"})
    crowd.first.update("a")
    crowd.work(1)
    clock.step_back(timedelta(hours=1))
    for number in range(40):
        crowd.first.update("b", thing=f"b{number}")

    crowd.work(8)

    assert crowd.states() == {"succeeded": 41}


@pytest.mark.parametrize("limits", [{"calls": "none"}, {}])
def test_a_limit_that_is_lifted_is_not_kept(
    database: Database, clock: FakeClock, limits: dict[str, str]
) -> None:
    slow = Limit(name="calls", windows=(Window(most=1, seconds=60),))
    crowd = Crowd.up(database, clock, known=[slow], limits=limits)
    for number in range(20):
        crowd.first.update("a", thing=str(number))

    crowd.work(3)

    assert len(crowd.door.came) == (20 if limits else 1)


def test_what_a_limit_holds_back_lets_its_node_rest_meanwhile(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, limits={"calls": "2 per 24h"}, reserve=0)
    for number in range(4):
        crowd.first.update("a", thing=str(number))
    crowd.work(5)

    assert crowd.states() == {"pending": 2, "succeeded": 2}
    assert 0 < crowd.first.dispatcher.quiet_for() <= 0.2


def test_what_is_due_and_not_held_back_lets_nobody_rest(
    database: Database, clock: FakeClock
) -> None:
    crowd = Crowd.up(database, clock, limits={"calls": "20 per 24h"}, reserve=0)
    crowd.first.update("a")

    assert crowd.first.dispatcher.quiet_for() == 0
