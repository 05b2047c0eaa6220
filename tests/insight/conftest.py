"""A database with a week in it, the numbers' routes, and clients of them with a key of each role."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bridge.access import problems
from bridge.access.keys import Role, create
from bridge.db import Database
from bridge.insight import routes
from bridge.insight.window import Window, window
from clocks import FakeClock
from insight.week import fill

KeyOf = Callable[[Role], str]


@pytest.fixture
def week(database: Database) -> Database:
    """The database with all rows of the tables."""
    with database.transaction() as session:
        fill(session)
    return database


@pytest.fixture
def during(clock: FakeClock) -> Window:
    """The seven days until the clock's now."""
    return window("7d", None, now=clock.now())


@pytest.fixture
def app(database: Database, clock: FakeClock) -> FastAPI:
    made = FastAPI()
    made.state.database, made.state.clock = database, clock
    made.include_router(routes.router)
    problems.install(made)
    return made


@pytest.fixture
def key_of(database: Database, clock: FakeClock) -> KeyOf:
    """Keys with a role."""

    def make(role: Role) -> str:
        with database.transaction() as session:
            return create(session, f"key of a {role}", role=role, now=clock.now()).token

    return make


@pytest.fixture
def client_of(app: FastAPI, key_of: KeyOf) -> Iterator[Callable[[Role | None], TestClient]]:
    """Clients with a key of a role, or without one."""
    with ExitStack() as stack:

        def make(role: Role | None) -> TestClient:
            client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            if role is not None:
                client.headers["Authorization"] = f"Bearer {key_of(role)}"
            return client

        yield make
