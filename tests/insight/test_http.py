"""The numbers over HTTP: with a role, page by page, and null where there is nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bridge.access.keys import Role
from bridge.db import Database
from bridge.insight.book import Name
from insight.week import second_task, waits_for_a_person

ClientOf = Callable[[Role | None], TestClient]
TIMED = ("feedback_to_task", "progress_to_board", "seam_to_engineering", "seam_to_customer")
PATHS = ("/api/v1/stats", "/api/v1/stats/unmatched/events", "/api/v1/people/unattributed")


@pytest.mark.parametrize("path", PATHS)
def test_without_a_key_nobody_reads(client_of: ClientOf, path: str) -> None:
    assert client_of(None).get(path).status_code == 401


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/api/v1/stats", Role.VIEWER, 200),
        ("/api/v1/stats/due_moves/events", Role.VIEWER, 200),
        ("/api/v1/people/unattributed", Role.VIEWER, 403),
        ("/api/v1/people/unattributed", Role.OPERATOR, 200),
    ],
)
def test_names_of_people_need_an_operator(
    client_of: ClientOf, path: str, role: Role, status: int
) -> None:
    assert client_of(role).get(path).status_code == status


def test_of_nothing_there_is_null_and_never_zero(client_of: ClientOf) -> None:
    found = client_of(Role.VIEWER).get("/api/v1/stats").json()

    assert {found[name]["n"] for name in Name if name in found} == {0}
    for name in TIMED:
        assert {found[name].get(mark) for mark in ("median", "p85", "p50", "p95")} == {None}
    due = found["due_moves"]
    assert (due["median"], due["largest"], due["total_days"]) == (None, None, None)
    assert found["needs_person"]["n"] == 0


@pytest.mark.parametrize("name", [name for name in Name if name is not Name.RULE_ERRORS])
def test_a_number_leads_to_its_events_page_by_page(
    week: Database, client_of: ClientOf, name: Name
) -> None:
    client = client_of(Role.VIEWER)
    number: dict[str, Any] = client.get("/api/v1/stats").json()[name]

    url: str | None = f"{number['events']}&limit=2"
    cases: list[dict[str, Any]] = []
    while url:
        answer = client.get(url)
        cases += answer.json()["items"]
        url = answer.links["next"]["url"] if "next" in answer.links else None

    standings = [case["standing"] for case in cases]
    value = number["unmatched"] if name is Name.UNMATCHED else number["n"]
    assert standings.count("counted") == value
    assert standings.count("open") == sum(number["open"].values())
    assert standings.count("excluded") == sum(number["excluded"].values())
    assert all(case["reason"] for case in cases if case["standing"] != "counted")


def test_an_event_that_asked_for_two_tasks_is_two_cases(
    week: Database, client_of: ClientOf
) -> None:
    with week.transaction() as session:
        second_task(session)

    page = client_of(Role.VIEWER).get("/api/v1/stats/feedback_to_task/events?limit=200").json()

    assert [case["ended_by"] for case in page["items"] if case["event"] == "f1"] == ["l1", "l1b"]


def test_what_needs_a_person_is_one_number_with_a_list_each(
    week: Database, client_of: ClientOf
) -> None:
    with week.transaction() as session:
        waits_for_a_person(session)
    client = client_of(Role.VIEWER)

    found = client.get("/api/v1/stats").json()["needs_person"]
    errors = client.get(found["events"]["rule_error"]).json()["items"]

    assert found["by_kind"] == {"bad_message": 1, "dead": 2, "hold": 1, "rule_error": 1}
    assert found["n"] == 5
    assert [(one["event"], one["reason"]) for one in errors] == [("f5", "a-rule: no such key")]


def test_who_is_missing_in_the_file_is_listed_with_how_much(
    week: Database, client_of: ClientOf
) -> None:
    client = client_of(Role.OPERATOR)

    found = client.get("/api/v1/people/unattributed").json()

    assert client.get("/api/v1/stats").json()["unattributed_events"] == 2
    assert [(one["connection"], one["id"], one["events"], one["last_event"]) for one in found] == [
        ("jira", "account of unattributed", 1, "w2go"),
        ("sf", "account of unattributed", 1, "f8"),
    ]
    assert len(client.get("/api/v1/people/unattributed?limit=1").json()) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=yesterday", "not a time: 'yesterday'; write 7d"),
        ("since=1d&until=2d", "must lie before"),
        ("since=2020-01-01", "at most 400 days"),
    ],
)
def test_a_wrong_time_is_refused_with_the_remedy(
    client_of: ClientOf, query: str, said: str
) -> None:
    answer = client_of(Role.VIEWER).get(f"/api/v1/stats?{query}")

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/wrong-window"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("query", ["since=%00", "since=%ED%A0%80", "limit=0", "cursor=x"])
def test_nonsense_is_refused(client_of: ClientOf, query: str) -> None:
    answer = client_of(Role.VIEWER).get(f"/api/v1/stats/unmatched/events?{query}")

    assert 400 <= answer.status_code < 500


def test_a_number_that_there_is_not_is_refused(client_of: ClientOf) -> None:
    assert client_of(Role.VIEWER).get("/api/v1/stats/luck/events").status_code == 422
