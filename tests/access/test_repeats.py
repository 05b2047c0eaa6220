"""`Idempotency-Key`: one act however often it is sent, and each wrong use has its own answer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access.shop import ClientOf
from bridge.access.keys import Principal, Role
from bridge.access.problems import Problem
from bridge.access.repeats import Act, expire, parse_key
from bridge.access.tables import AuditRow, RepeatableRow
from bridge.db import Database
from clocks import FakeClock


class Done(BaseModel):
    number: int


def act(database: Database, clock: FakeClock, *, fingerprint: str = "f") -> Act:
    """A request of Anna's, always under one key."""
    return Act(
        principal=Principal("anna", Role.OPERATOR),
        database=database,
        now=clock.now(),
        identity="anna 1",
        fingerprint=fingerprint,
    )


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/letters"])
def test_the_same_request_is_acted_on_once_and_answered_twice(
    client_of: ClientOf, app: FastAPI, path: str
) -> None:
    client = client_of(Role.OPERATOR)

    first = client.post(path, json={"thing": "pen"}, headers=keyed('"one"'))
    second = client.post(path, json={"thing": "pen"}, headers=keyed("one"))

    assert app.state.sold == ["pen"]
    assert second.status_code == first.status_code
    assert second.json() == first.json() == {"number": 1, "thing": "pen"}
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"


def test_the_audit_has_an_act_once_that_was_sent_twice(
    client_of: ClientOf, database: Database
) -> None:
    client = client_of(Role.OPERATOR)

    for _ in range(2):
        client.post("/api/v1/orders", json={"thing": "pen"}, headers=keyed("one"))

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditRow)) == 1


def test_another_key_is_another_act(client_of: ClientOf, app: FastAPI) -> None:
    client = client_of(Role.OPERATOR)

    for key in ("one", "two"):
        client.post("/api/v1/orders", json={"thing": "pen"}, headers=keyed(key))

    assert app.state.sold == ["pen", "pen"]


def test_two_principals_may_use_the_same_key(client_of: ClientOf, app: FastAPI) -> None:
    for role in (Role.OPERATOR, Role.ADMIN):
        answer = client_of(role).post("/api/v1/orders", json={"thing": "pen"}, headers=keyed("one"))
        assert "Idempotency-Replayed" not in answer.headers

    assert app.state.sold == ["pen", "pen"]


@pytest.mark.parametrize(
    ("path", "thing"),
    [("/api/v1/orders", "ink"), ("/api/v1/letters", "pen"), ("/api/v1/orders?dry=1", "pen")],
)
def test_a_key_that_stands_for_another_request_is_a_422(
    client_of: ClientOf, app: FastAPI, path: str, thing: str
) -> None:
    client = client_of(Role.OPERATOR)
    client.post("/api/v1/orders", json={"thing": "pen"}, headers=keyed("one"))

    answer = client.post(path, json={"thing": thing}, headers=keyed("one"))

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/key-reused"
    assert app.state.sold == ["pen"]


@pytest.mark.parametrize(
    "key", [None, "", '""', '"open', "é".encode().decode("latin-1"), "x" * 256]
)
def test_a_missing_or_unusable_key_is_a_400_with_the_remedy(
    client_of: ClientOf, app: FastAPI, key: str | None
) -> None:
    headers: dict[str, Any] = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}

    answer = client_of(Role.OPERATOR).post("/api/v1/orders", json={"thing": "pen"}, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/idempotency-key"
    assert "UUID" in answer.json()["detail"]
    assert app.state.sold == []


def test_who_may_not_act_is_told_so_before_anything_else(client_of: ClientOf) -> None:
    assert client_of(Role.VIEWER).post("/api/v1/orders", json={"thing": "x"}).status_code == 403
    assert client_of(None).post("/api/v1/orders", json={"thing": "x"}).status_code == 401


@pytest.mark.parametrize(
    ("path", "thing", "status"),
    [("/api/v1/orders", "moon", 404), ("/api/v1/letters", "bomb", 409)],
)
def test_a_refusal_is_not_kept_so_the_key_may_be_used_again(
    client_of: ClientOf, path: str, thing: str, status: int
) -> None:
    client = client_of(Role.OPERATOR)

    for _ in range(2):
        answer = client.post(path, json={"thing": thing}, headers=keyed("one"))
        assert answer.status_code == status
        assert "Idempotency-Replayed" not in answer.headers
    assert client.post(path, json={"thing": "pen"}, headers=keyed("one")).is_success


def test_a_request_whose_first_one_still_runs_is_a_409(
    database: Database, clock: FakeClock
) -> None:
    asked: list[Problem] = []

    def slow() -> Done:
        with pytest.raises(Problem) as again:
            act(database, clock).once_outside(lambda: Done(number=2))
        asked.append(again.value)
        return Done(number=1)

    answer = act(database, clock).once_outside(slow)

    assert answer.body == b'{"number":1}'
    assert [(problem.status, problem.headers) for problem in asked] == [(409, {"Retry-After": "5"})]


def test_what_died_with_its_process_may_be_sent_again_after_ten_minutes(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        act(database, clock)._claim(session)

    with pytest.raises(Problem, match="still runs"):
        act(database, clock).once_outside(lambda: Done(number=2))
    clock.advance(timedelta(minutes=10))

    assert act(database, clock).once_outside(lambda: Done(number=2)).body == b'{"number":2}'


def test_an_answer_is_kept_for_a_day(database: Database, clock: FakeClock) -> None:
    def work(session: Session) -> Done:
        return Done(number=int(clock.monotonic()))

    first = act(database, clock).once(work)
    clock.advance(timedelta(hours=23, minutes=59))
    same = act(database, clock).once(work)
    clock.advance(timedelta(minutes=1))
    other = act(database, clock).once(work)

    assert same.body == first.body != other.body


def test_old_answers_are_forgotten(database: Database, clock: FakeClock) -> None:
    act(database, clock).once(lambda _: Done(number=1))

    with database.transaction() as session:
        expire(session, now=clock.now())
        kept = session.scalar(select(func.count()).select_from(RepeatableRow))
        expire(session, now=clock.advance(timedelta(hours=24)))
        left = session.scalar(select(func.count()).select_from(RepeatableRow))

    assert (kept, left) == (1, 0)


def test_requests_that_arrive_together_are_one_act(database: Database, clock: FakeClock) -> None:
    worked: list[int] = []
    together = threading.Barrier(6)

    def send(number: int) -> bytes:
        together.wait(timeout=60)

        def work(session: Session) -> Done:
            worked.append(number)
            return Done(number=number)

        return bytes(act(database, clock).once(work).body)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))

    assert len(worked) == 1
    assert set(answers) == {Done(number=worked[0]).model_dump_json().encode()}


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=255))
def test_a_quoted_key_is_what_is_between_its_quotes(key: str) -> None:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')

    assert parse_key(f'"{escaped}"') == key


@given(st.text(max_size=300))
def test_any_header_is_a_key_or_a_400(value: str) -> None:
    try:
        key = parse_key(value)
    except Problem:
        return
    assert 1 <= len(key) <= 255
