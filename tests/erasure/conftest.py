"""A house where Anna is everywhere, and clients of its API."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bridge.access.keys import Role, create
from bridge.alarms import store as alarms
from bridge.db import Database
from bridge.ledger.tables import LinkRow, LinkState, ShadowRow
from bridge.web import api
from clocks import START, FakeClock
from duties import rows
from duties.house import House
from erasure.anna import ACCOUNT, BODY, CONTACT, MAIL, NAME, SAID, ClientOf


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    made = House(folder=tmp_path, database=database, clock=clock)
    yield made
    made.close()


@pytest.fixture
def client_of(house: House, clock: FakeClock) -> Iterator[ClientOf]:
    """Clients with a key of a role. The workers do not run: nothing moves but by the test."""
    bridge = house.build()
    app = api(bridge)
    with ExitStack() as stack:

        def make(role: Role) -> TestClient:
            client = TestClient(app, raise_server_exceptions=False)
            stack.callback(client.close)
            with bridge.database.transaction() as session:
                key = create(session, f"a {role}", role=role, now=clock.now())
            client.headers["Authorization"] = f"Bearer {key.token}"
            return client

        yield make


@pytest.fixture
def anna(house: House, client_of: ClientOf) -> None:
    """In each place that `erasure.store` knows, once; and beside her somebody else."""
    contact = {"id": CONTACT, "name": NAME, "email": MAIL}
    person = {"id": ACCOUNT, "name": NAME, "email": MAIL.title()}
    other: dict[str, Any] = {"id": "557058:other", "name": "Ben Hur", "email": "ben@example.com"}
    with house.database.transaction() as session:
        rows.keep(
            session,
            rows.message("m", START, body=BODY, reason=SAID),
            rows.message("other", START, body=b'{"email": "ben@example.com"}'),
            rows.event(
                "e", START, connection="jira", kind="work_item.updated",
                actor={**person, "kind": "person"}, record={"assignee": other, "title": SAID},
                changes=[{"field": "assignee", "before": person, "after": other}],
                facts={"before": {"assignee": person}},
            ),
            rows.change(
                "e", START, record="jira:issue:1", kind="work_item", field="assignee",
                before=person, after=other, actor=ACCOUNT,
            ),
            rows.record(rows.CASE, START, data={"contact": contact, "severity": "high"}),
            ShadowRow(link_id="l", ref=rows.CASE, field="f", value=SAID, seen_at=START),
            LinkRow(
                id="l", left_ref=rows.CASE, left_kind="feedback", right_kind="work_item",
                right_connection="jira", relation="originates", role="r", state=LinkState.LIVE,
                note=SAID, created_at=START,
            ),
            rows.delivery("d", START, args={"reporter": ACCOUNT, "summary": "x"}, reason=SAID),
            rows.attempt("d", START, exchanges=[{"request": BODY.decode()}], error=SAID),
            rows.decision("e", START, detail={"values": {"who": NAME}}),
            rows.hold("h", START, reason=SAID),
            rows.plan("p", START, why=SAID),
            rows.replay("r", START, why=SAID),
            rows.replayed("r", note=SAID),
            rows.adoption("a", START, why=SAID),
            rows.pair("a", left_said=SAID),
            rows.drift("dr", START, why=SAID),
            rows.difference("dr", START, left_value={"name": NAME}, right_value=SAID),
            rows.backfill("b", START, wish={"query": SAID}),
            rows.counterpart(ACCOUNT, START),
            rows.audit(START, reason=SAID),
            rows.alert("a", START, args={"title": SAID}, labels={"who": NAME}),
            rows.alert_group("g", START, title=SAID),
            rows.silence("s", START, comment=SAID),
        )  # fmt: skip
        alarms.lower(session, "a", kind="dead", text=SAID, remedy="", link="", now=START)
