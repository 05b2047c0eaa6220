"""Audits by HTTP: one at a time, none without a sync, and no repair of what is not over or is old."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bridge.access.keys import Role
from bridge.ledger.tables import DriftRow
from bridge.rules import store as rule_store
from bridge.rules.folder import read_folder
from inbox.house import MAPPINGS, House
from pipeline.client import Api

SYNC = """
version: 1
syncs:
  - id: pair
    description: A case and its issue say the same.
    between: [customer-feedback, engineering-work]
    fields: [{salesforce: promised, jira: due, owner: jira}]
"""


@pytest.fixture
def api(house: House) -> Api:
    """An operator's client, where a sync is among the mappings."""
    files = {**read_folder(MAPPINGS), "syncs/pair.yaml": SYNC}
    wanted = house.bridge.world.sets.compile(files).hash
    with house.bridge.database.transaction() as session:
        now = house.clock.now()
        rule_store.activate(session, wanted, files, by="t", why="", kind="activate", now=now)
    return Api(house.client(Role.OPERATOR))


def test_without_a_sync_nothing_says_what_should_agree(house: House) -> None:
    answer = Api(house.client(Role.OPERATOR)).post("/drift:run", {}, status=409)

    assert "have no sync" in answer["detail"]


def test_one_audit_runs_at_a_time_and_is_repaired_when_it_is_over(api: Api) -> None:
    first = api.post("/drift:run", {"sample": 5}, status=202)
    path = f"/drift/{first['id']}"
    second = api.post("/drift:run", {}, status=409)
    early = api.post(f"{path}:repair", {"dry_run": True}, status=409)
    stopped = api.post(f"{path}:cancel", {})
    late = api.post(f"{path}:repair", {"dry_run": True}, status=409)

    assert first["id"] in second["detail"]
    assert (first["state"], stopped["state"]) == ("comparing", "cancelled")
    assert "comparing" in early["detail"]
    assert "cancelled" in late["detail"]
    assert [row["id"] for row in api.get("/drift")["items"]] == [first["id"]]
    api.get("/drift/drf_x", status=404)


def test_what_was_found_long_ago_is_not_repaired(api: Api, house: House) -> None:
    drift = api.post("/drift:run", {}, status=202)["id"]
    with house.bridge.database.transaction() as session:
        session.execute(update(DriftRow).values(state="done", ended_at=house.clock.now()))

    plan = api.post(f"/drift/{drift}:repair", {"dry_run": True})
    house.clock.advance(timedelta(hours=25).total_seconds())
    old = api.post(f"/drift/{drift}:repair", {"dry_run": True}, status=409)

    assert (plan["writes"], plan["reads"], plan["differences"]) == ({}, 0, 0)
    assert "older than a day" in old["detail"]
