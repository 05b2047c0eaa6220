"""The guard: 401 without a key, 403 with a small one, and what each answer says."""

import pytest
from fastapi import FastAPI

from access.shop import ClientOf
from bridge.access.keys import Role, revoke
from bridge.db import Database
from clocks import FakeClock


@pytest.mark.parametrize(
    ("role", "answers"),
    [
        (None, [401, 401, 401]),
        (Role.VIEWER, [200, 403, 403]),
        (Role.OPERATOR, [200, 200, 403]),
        (Role.ADMIN, [200, 200, 200]),
    ],
)
def test_each_role_goes_as_far_as_it_may(
    client_of: ClientOf, role: Role | None, answers: list[int]
) -> None:
    client = client_of(role)

    got = [client.get(f"/api/v1/{path}").status_code for path in ("whoami", "till", "safe")]

    assert got == answers


def test_without_a_key_the_answer_says_how_to_get_one(client_of: ClientOf) -> None:
    answer = client_of(None).get("/api/v1/whoami")

    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/key-needed"
    assert "bridge keys create" in answer.json()["detail"]


def test_with_a_small_key_the_answer_names_the_role_that_is_needed(client_of: ClientOf) -> None:
    problem = client_of(Role.VIEWER).get("/api/v1/safe").json()

    assert problem["type"] == "/problems/role-needed"
    assert problem["needed"] == "admin"
    assert "viewer" in problem["detail"]


def test_a_key_in_the_query_string_or_as_basic_opens_nothing(client_of: ClientOf) -> None:
    token = client_of(Role.ADMIN).headers["Authorization"].removeprefix("Bearer ")
    nobody = client_of(None)

    for name in ("key", "token", "access_token", "api_key"):
        assert nobody.get("/api/v1/whoami", params={name: token}).status_code == 401
    assert nobody.get("/api/v1/whoami", auth=("anna", token)).status_code == 401


def test_a_key_that_is_revoked_while_in_use_stops_at_once(
    client_of: ClientOf, database: Database, clock: FakeClock
) -> None:
    client = client_of(Role.ADMIN)
    assert client.get("/api/v1/whoami").json() == {"name": "key of a admin", "role": "admin"}

    with database.transaction() as session:
        revoke(session, "key of a admin", now=clock.now())

    assert client.get("/api/v1/whoami").status_code == 401


def test_every_route_of_access_says_in_openapi_that_it_needs_a_key(app: FastAPI) -> None:
    paths = app.openapi()["paths"]

    for path in ("/api/v1/whoami", "/api/v1/audit", "/api/v1/orders"):
        for operation in paths[path].values():
            assert operation["security"] == [{"key": []}]
