"""Who is erased in these tests."""

from collections.abc import Callable
from typing import Any

import orjson
from fastapi.testclient import TestClient
from sqlalchemy import select

from bridge.access.keys import Role
from bridge.db import Database
from bridge.schema import metadata

MAIL, NAME = "anna@example.com", "Anna Smith"
ACCOUNT = "712020:6f0a3f52-8f2b-5c39-9d0e-2b1f6a7f9c11"
CONTACT = "003000000000001AAA"
SAID = f"{NAME} <{MAIL}> said so"
BODY = orjson.dumps({"user": {"accountId": ACCOUNT, "displayName": NAME}, "contact": CONTACT[:15]})
TRACES = ("anna", "smith", "712020", "0030000000")

ClientOf = Callable[[Role], TestClient]


def act(client: TestClient, body: dict[str, Any], *, key: str = "one") -> Any:
    """The request that erases, and its answer."""
    return client.post("/api/v1/erasures", json=body, headers={"Idempotency-Key": key})


def traces(database: Database) -> dict[str, int]:
    """Tables in which anything of Anna is left, as text, with how many rows."""
    found: dict[str, int] = {}
    with database.reading() as session:
        for table in metadata().sorted_tables:
            for row in session.execute(select(table)):
                text = " ".join(_text(value) for value in row).lower()
                if any(trace in text for trace in TRACES):
                    found[table.name] = found.get(table.name, 0) + 1
    return found


def counts(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            table.name: len(session.execute(select(table)).all())
            for table in metadata().sorted_tables
            if table.name not in {"audit", "idempotency", "api_key", "job", "leader"}
        }


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
