"""Limits as people see them, and the alarm of a quota: said once, and once when it is over."""

import httpx
import pytest
from sqlalchemy import select

from bridge.alarms.tables import AlarmRow
from bridge.connectors.limits import Limit, Scope, Window
from bridge.db import Database
from bridge.outbox.budgets import store
from bridge.outbox.budgets.views import LimitView, limit_views
from bridge.outbox.budgets.warning import left_of, warn
from clocks import FakeClock
from outbox.budgets.crowd import Crowd

DAY = 86_400
CHANNEL = Limit(name="channel", windows=(Window(most=60, seconds=30),), scope=Scope.PART)
ISSUE = Limit(name="issue", windows=(Window(most=20, seconds=2),), scope=Scope.RECORD)


@pytest.fixture
def crowd(sqlite_database: Database, clock: FakeClock) -> Crowd:
    """One node that may make a hundred calls a day."""
    return Crowd.up(sqlite_database, clock, limits={"calls": "100 per 24h"}, reserve=0.1)


def views(crowd: Crowd) -> list[LimitView]:
    shop = crowd.first.dispatcher.connections["shop"]
    with crowd.first.database.reading() as session:
        return limit_views(shop, store.by_name(session), now=crowd.first.clock.now())


def judge(crowd: Crowd) -> AlarmRow | None:
    """The duty of each minute; the alarm as it is then."""
    stand = crowd.first
    with stand.database.transaction() as session:
        warn(session, stand.dispatcher.connections, link="http://here", now=stand.clock.now())
    with stand.database.reading() as session:
        return session.scalar(select(AlarmRow))


def test_a_limit_that_was_never_used_is_shown_whole(crowd: Crowd) -> None:
    (view,) = views(crowd)

    assert (view.name, view.limit, view.used, view.left, view.reserve) == ("calls", 100, 0, 100, 10)


def test_use_what_is_left_and_when_it_runs_out_are_shown(crowd: Crowd) -> None:
    for number in range(60):
        crowd.first.update("a", thing=str(number))
    crowd.work(30, step=1)

    (view,) = views(crowd)

    assert 60 <= (view.used or 0) <= 68
    assert (view.left or 0) == 100 - (view.used or 0)
    assert view.source == "counted"
    assert view.runs_out_at is not None
    assert view.closed_until is None


def test_what_the_vendor_closed_says_until_when_and_why(crowd: Crowd) -> None:
    crowd.door.script = [httpx.Response(429, headers={"retry-after": "90"})]
    crowd.first.update("a")
    crowd.work(1)

    (view,) = views(crowd)

    assert view.closed_until is not None
    assert 85 < (view.closed_until - crowd.first.clock.now()).total_seconds() <= 90
    assert view.why == "answered 429"


def test_parts_and_records_are_shown_too(sqlite_database: Database, clock: FakeClock) -> None:
    crowd = Crowd.up(sqlite_database, clock, known=[CHANNEL, ISSUE])
    crowd.first.post("x", channel="alerts")
    crowd.work(1)

    record, part = views(crowd)

    assert (part.part, part.name, part.limit) == ("channel:alerts", "channel", 60)
    assert (record.name, record.limit, record.used) == ("issue", 20, None)


def test_a_quota_that_would_run_out_is_said_once_and_its_end_once(crowd: Crowd) -> None:
    before = judge(crowd)
    for number in range(120):
        crowd.first.update("a", thing=str(number))
    crowd.work(10, step=1)
    early = judge(crowd)
    crowd.work(60, step=1)
    used_up = judge(crowd)
    again = judge(crowd)
    crowd.first.clock.advance(1.1 * DAY)

    over = judge(crowd)

    assert before is None
    assert early is not None
    assert "will be used up at" in early.text
    assert used_up is not None
    assert "is used up" in used_up.text
    assert "nothing is lost" in used_up.remedy
    assert again is not None
    assert (again.key, again.state, again.since) == (early.key, "down", early.since)
    assert over is not None
    assert over.state == "up"


def test_a_short_closing_wakes_nobody(crowd: Crowd) -> None:
    crowd.door.script = [httpx.Response(429, headers={"retry-after": "30"})]
    crowd.first.update("a")
    crowd.work(1)

    assert judge(crowd) is None


def test_what_is_left_of_quotas_is_measured(crowd: Crowd) -> None:
    stand = crowd.first
    with stand.database.reading() as session:
        left = left_of(stand.dispatcher.connections, session, now=stand.clock.now())

    assert left == {("shop", "", "calls", "86400"): 100}
