"""Keyset pages: every row once, in either order, also while rows are added."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.shop import ClientOf
from bridge.access import audit
from bridge.access.keys import Principal, Role
from bridge.access.paging import MAX_SEQ, Order, cursor, position
from bridge.access.problems import Problem
from bridge.db import Database
from clocks import FakeClock

ANNA = Principal("anna", Role.OPERATOR)
Write = Callable[..., None]


@pytest.fixture
def write(database: Database, clock: FakeClock) -> Write:
    """Writes acts number `first` to `last` into the audit."""

    def acts(first: int, last: int) -> None:
        with database.transaction() as session:
            for number in range(first, last + 1):
                audit.record(
                    session,
                    ANNA,
                    "replay",
                    f"plan_{number}",
                    reason="",
                    difference=None,
                    now=clock.now(),
                )

    return acts


@pytest.mark.parametrize(
    ("order", "expected"),
    [("newest", [5, 4, 3, 2, 1]), ("oldest", [1, 2, 3, 4, 5, 6, 7])],
)
def test_pages_show_every_row_once_while_new_ones_come(
    client_of: ClientOf, write: Write, order: str, expected: list[int]
) -> None:
    write(1, 5)
    client = client_of(Role.OPERATOR)
    params, seen = {"limit": "2", "order": order}, []
    while True:
        body = client.get("/api/v1/audit", params=params).json()
        seen += [int(item["target"].removeprefix("plan_")) for item in body["items"]]
        if not seen[2:]:
            write(6, 7)
        if body["next"] is None:
            break
        params["cursor"] = body["next"]

    assert seen == expected


def test_a_last_page_that_is_full_has_no_next(client_of: ClientOf, write: Write) -> None:
    write(1, 4)

    answer = client_of(Role.OPERATOR).get("/api/v1/audit?limit=4")

    assert len(answer.json()["items"]) == 4
    assert answer.json()["next"] is None
    assert "Link" not in answer.headers


def test_the_link_header_leads_to_the_next_page_with_the_same_filters(
    client_of: ClientOf, write: Write
) -> None:
    write(1, 3)
    client = client_of(Role.OPERATOR)

    answer = client.get("/api/v1/audit?limit=2&verb=replay", headers={"Host": "evil.example"})

    url, rel = answer.headers["Link"].split("; ")
    query = parse_qs(urlsplit(url.strip("<>")).query)
    assert rel == 'rel="next"'
    assert url.startswith("</api/v1/audit?")
    assert query == {"limit": ["2"], "verb": ["replay"], "cursor": [answer.json()["next"]]}
    assert [item["target"] for item in client.get(url.strip("<>")).json()["items"]] == ["plan_1"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many"])
def test_a_limit_is_1_to_200(client_of: ClientOf, limit: str) -> None:
    answer = client_of(Role.OPERATOR).get("/api/v1/audit", params={"limit": limit})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["at"] == "query.limit"


def test_fifty_rows_are_shown_when_nobody_says_how_many(client_of: ClientOf, write: Write) -> None:
    write(1, 51)

    assert len(client_of(Role.OPERATOR).get("/api/v1/audit").json()["items"]) == 50


@pytest.mark.parametrize(
    "wrong",
    ["x", "é", "WzFd", "bnVsbA", cursor(Order.OLDEST, 3), cursor(Order.NEWEST, MAX_SEQ) + "AAAA"],
)
def test_a_wrong_cursor_is_a_400(client_of: ClientOf, wrong: str) -> None:
    answer = client_of(Role.OPERATOR).get("/api/v1/audit", params={"cursor": wrong})

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/wrong-cursor"


@given(st.sampled_from(Order), st.integers(min_value=0, max_value=MAX_SEQ))
def test_a_cursor_is_read_as_it_was_written(order: Order, seq: int) -> None:
    assert position(order, cursor(order, seq)) == seq


@given(st.text(max_size=60))
def test_any_text_as_a_cursor_is_a_problem_or_a_place(text: str) -> None:
    try:
        place = position(Order.NEWEST, text)
    except Problem:
        return
    assert 0 <= place <= MAX_SEQ
