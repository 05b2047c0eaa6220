"""Alarms go down once and up once, whoever finds out and however often."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.access import keys, problems
from bridge.access.paging import Span
from bridge.alarms import routes, store
from bridge.alarms.alarm import Alarm
from bridge.alarms.tables import State
from bridge.canonical.ids import random_id
from bridge.db import Database
from clocks import FakeClock
from properties import SHARING

News = Callable[[], list[tuple[str, State]]]


@pytest.fixture
def lower(database: Database, clock: FakeClock) -> Callable[..., None]:
    def go(key: str = "connection:jira", text: str = "jira is away") -> None:
        with database.transaction() as session:
            store.lower(
                session, key, kind="paused", text=text, remedy="look", link="", now=clock.now()
            )

    return go


@pytest.fixture
def lift(database: Database, clock: FakeClock) -> Callable[..., None]:
    def go(key: str = "connection:jira") -> None:
        with database.transaction() as session:
            store.lift(session, key, text="jira is back", now=clock.now())

    return go


@pytest.fixture
def news(database: Database, clock: FakeClock) -> News:
    """What has to be said now; it counts as said."""

    def hear() -> list[tuple[str, State]]:
        with database.transaction() as session:
            heard = store.unsaid(session, now=clock.now())
            for alarm in heard:
                store.mark_said(session, alarm, address="teams:teams/alerts", now=clock.now())
        return [(alarm.key, alarm.state) for alarm in heard]

    return hear


@pytest.fixture
def known(database: Database) -> Callable[[], list[Alarm]]:
    def read() -> list[Alarm]:
        with database.reading() as session:
            return store.page(session, Span())

    return read


def test_an_alarm_is_said_once_down_and_once_up(
    lower: Callable[..., None], lift: Callable[..., None], news: News
) -> None:
    told = []
    for step in (lower, lower, lower, lift, lift, lower):
        step()
        told += news()

    assert [state for _, state in told] == [State.DOWN, State.UP, State.DOWN]


def test_while_it_is_down_it_only_counts(
    lower: Callable[..., None], known: Callable[[], list[Alarm]], clock: FakeClock
) -> None:
    since = clock.now()
    for number in range(3):
        lower(text=f"jira is away {number}")
        clock.advance(60)

    [alarm] = known()
    assert (alarm.count, alarm.since, alarm.text) == (3, since, "jira is away 2")


def test_after_it_was_up_it_counts_anew_and_says_no_longer_why_it_was_over(
    lower: Callable[..., None],
    lift: Callable[..., None],
    known: Callable[[], list[Alarm]],
    clock: FakeClock,
) -> None:
    lower()
    lower()
    lift()
    over = known()[0]
    clock.advance(60)
    lower()

    [alarm] = known()
    assert (over.state, over.over, over.text) == (State.UP, "jira is back", "jira is away")
    assert (alarm.count, alarm.over, alarm.since) == (1, "", clock.now())


def test_what_comes_and_goes_between_two_looks_disturbs_nobody(
    lower: Callable[..., None], lift: Callable[..., None], news: News
) -> None:
    lower()
    lift()
    assert news() == []

    lower()
    assert news() == [("connection:jira", State.DOWN)]
    lift()
    lower()
    assert news() == []


def test_what_changes_while_it_is_being_said_is_said_next(
    lower: Callable[..., None],
    lift: Callable[..., None],
    news: News,
    database: Database,
    clock: FakeClock,
) -> None:
    lower()
    with database.reading() as session:
        [alarm] = store.unsaid(session, now=clock.now())
    lift()
    with database.transaction() as session:
        store.mark_said(session, alarm, address="x", now=clock.now())

    assert news() == [("connection:jira", State.UP)]


def test_lifting_what_was_never_lowered_is_nothing(
    lift: Callable[..., None], known: Callable[[], list[Alarm]]
) -> None:
    lift()

    assert known() == []


def test_what_nobody_took_is_tried_again_less_and_less_often(
    lower: Callable[..., None], database: Database, clock: FakeClock
) -> None:
    lower()
    waits = []
    for _ in range(8):
        with database.transaction() as session:
            [alarm] = store.unsaid(session, now=clock.now())
            store.mark_unheard(session, alarm, now=clock.now())
        start = clock.now()
        with database.reading() as session:
            while not store.unsaid(session, now=clock.now()):
                clock.advance(5)
        waits.append(int((clock.now() - start).total_seconds()))

    assert waits == [10, 20, 40, 80, 160, 320, 600, 600]


def test_an_end_is_tried_at_once_however_long_the_beginning_waited(
    lower: Callable[..., None],
    lift: Callable[..., None],
    news: News,
    database: Database,
    clock: FakeClock,
) -> None:
    lower()
    news()
    lift()
    with database.transaction() as session:
        [alarm] = store.unsaid(session, now=clock.now())
        store.mark_unheard(session, alarm, now=clock.now())
    lower()
    lift()

    assert news() == [("connection:jira", State.UP)]


def test_nodes_that_find_the_same_thing_wrong_together_say_it_once(
    lower: Callable[..., None], news: News, known: Callable[[], list[Alarm]]
) -> None:
    together = threading.Barrier(6)

    def find(_: int) -> None:
        together.wait(timeout=60)
        lower()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(find, range(6)))

    assert news() == [("connection:jira", State.DOWN)]
    assert known()[0].count == 6


def test_any_text_is_kept_on_both_databases_and_cut(
    lower: Callable[..., None], known: Callable[[], list[Alarm]]
) -> None:
    lower(text="\x00\ud800" + "漢" * 3_000)

    assert len(known()[0].text) == store.TEXT_CHARS


@settings(suppress_health_check=SHARING)
@given(steps=st.lists(st.sampled_from(["lower", "lift", "hear", "unheard"]), max_size=20))
def test_people_never_hear_the_same_twice_and_know_the_truth_in_the_end(
    steps: list[str], sqlite_database: Database
) -> None:
    clock, told, state, key = FakeClock(), [State.UP], State.UP, random_id("key")
    for step in [*steps, "hear"]:
        clock.advance(timedelta(hours=1))
        with sqlite_database.transaction() as session:
            if step == "lower":
                store.lower(
                    session, key, kind="error", text="t", remedy="r", link="", now=clock.now()
                )
                state = State.DOWN
            elif step == "lift":
                store.lift(session, key, text="t", now=clock.now())
                state = State.UP
            else:
                for alarm in store.unsaid(session, now=clock.now()):
                    if alarm.key != key:
                        continue
                    if step == "hear":
                        store.mark_said(session, alarm, address="x", now=clock.now())
                        told.append(alarm.state)
                    else:
                        store.mark_unheard(session, alarm, now=clock.now())

    assert told[-1] == state
    assert all(before != after for before, after in pairwise(told))


def test_the_api_shows_what_is_wrong_to_who_may_see_it(
    lower: Callable[..., None], lift: Callable[..., None], database: Database, clock: FakeClock
) -> None:
    lower("connection:jira")
    lower("connection:teams")
    lift("connection:teams")
    app = FastAPI()
    problems.install(app)
    app.state.database, app.state.clock = database, clock
    app.include_router(routes.router)
    with database.transaction() as session:
        key = keys.create(session, "anna", role=keys.Role.VIEWER, now=clock.now())

    with TestClient(app) as client:
        refused = client.get("/api/v1/alarms")
        client.headers["Authorization"] = f"Bearer {key.token}"
        down = client.get("/api/v1/alarms?state=down").json()
        first = client.get("/api/v1/alarms?limit=1").json()
        second = client.get(f"/api/v1/alarms?limit=1&cursor={first['next']}").json()

    assert refused.status_code == 401
    assert [alarm["key"] for alarm in down["items"]] == ["connection:jira"]
    assert [alarm["key"] for alarm in first["items"]] == ["connection:teams"]
    assert [alarm["key"] for alarm in second["items"]] == ["connection:jira"]
    assert second["next"] is None
