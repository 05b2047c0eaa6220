"""What OpenAPI says of these routes is true: requests made from it find no surprise."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from access.shop import build
from bridge.access.keys import Role, create
from bridge.alarms import store
from bridge.alarms.routes import router as alarms
from bridge.db import Database
from clocks import FakeClock

PATHS = ("whoami", "audit", "alarms", "orders", "letters")


@pytest.mark.parametrize("path", PATHS)
def test_no_request_finds_an_answer_that_is_not_described(
    path: str, sqlite_database: Database, clock: FakeClock
) -> None:
    app = build(sqlite_database, clock)
    app.include_router(alarms)
    with sqlite_database.transaction() as session:
        store.lower(session, "a", kind="error", text="a", remedy="b", link="", now=clock.now())
        key = create(session, "anna", role=Role.ADMIN, now=clock.now())
    headers = {"Authorization": f"Bearer {key.token}"}
    method = "POST" if path in {"orders", "letters"} else "GET"
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)[f"/api/v1/{path}"][method]
    statuses: set[int] = set()

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy())
    def ask(case: schemathesis.Case[Any]) -> None:
        # A cursor is text to OpenAPI, but not any text.
        answer = case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
        statuses.add(answer.status_code)

    ask()

    assert statuses & {200, 201}
    assert all(status < 500 for status in statuses)


def test_openapi_says_that_an_act_needs_its_key(
    sqlite_database: Database, clock: FakeClock
) -> None:
    document = build(sqlite_database, clock).openapi()

    [parameter] = document["paths"]["/api/v1/orders"]["post"]["parameters"]
    assert (parameter["name"], parameter["required"]) == ("Idempotency-Key", True)
