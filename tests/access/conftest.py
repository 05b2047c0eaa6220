"""The small app on both databases, and clients of it with a key of each role."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from access.shop import ClientOf, build
from bridge.access.keys import Role, create
from bridge.db import Database
from clocks import FakeClock


@pytest.fixture
def app(database: Database, clock: FakeClock) -> FastAPI:
    return build(database, clock)


@pytest.fixture
def client_of(app: FastAPI, database: Database, clock: FakeClock) -> Iterator[ClientOf]:
    """Clients with a key of a role, or none."""
    with ExitStack() as stack:

        def make(role: Role | None) -> TestClient:
            client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            if role is not None:
                with database.transaction() as session:
                    key = create(session, f"key of a {role}", role=role, now=clock.now())
                client.headers["Authorization"] = f"Bearer {key.token}"
            return client

        yield make
