"""The sync log by API: found by every filter, page by page, and bodies only for who may see them."""

import shlex
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from access.shop import ClientOf
from bridge.access import problems
from bridge.access.keys import Role, create
from bridge.access.tables import AuditRow
from bridge.errors import CredentialError, PermanentError, TransientError
from bridge.outbox import hold
from bridge.outbox.routes import router
from bridge.outbox.tables import State
from outbox.stand import Stand

DELIVERIES = "/api/v1/deliveries"


@pytest.fixture
def client_of(stand: Stand) -> ClientOf:
    """Clients with a key of a role, or none, of an app that has the outbox's routes alone."""
    app = FastAPI()
    problems.install(app)
    app.state.database, app.state.clock = stand.database, stand.clock
    app.state.connections, app.state.kinds = stand.world.connections, stand.world.kinds
    app.include_router(router)

    def make(role: Role | None) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False)
        if role is not None:
            with stand.database.transaction() as session:
                key = create(session, f"key of a {role}", role=role, now=stand.clock.now())
            client.headers["Authorization"] = f"Bearer {key.token}"
        return client

    return make


@pytest.fixture
def viewer(client_of: ClientOf) -> TestClient:
    return client_of(Role.VIEWER)


@pytest.fixture
def operator(client_of: ClientOf) -> TestClient:
    return client_of(Role.OPERATOR)


@pytest.mark.parametrize(
    "path", ["", "/groups", "/dlv-1", "/dlv-1/revealed", "/../holds", "/../connections"]
)
def test_nobody_reads_without_a_key(client_of: ClientOf, path: str) -> None:
    assert client_of(None).get(f"{DELIVERIES}{path}").status_code == 401


@pytest.fixture
def log(stand: Stand) -> dict[str, str]:
    """Four deliveries, each alone in something; their ids by what that is."""
    found = {
        "plain": stand.update("a"),
        "other": stand.update(
            "b",
            connection="club",
            rule="b-rule",
            subject="crm:case:9",
            event_id="evt-x",
            message_id="msg-x",
            customer="crm:account:1",
            origin="poll",
            hold_id="hld-x",
            not_before=stand.clock.now() + timedelta(days=1),
        ),
        "card": stand.post("c"),
    }
    stand.vendor.blow(
        PermanentError("the field 100%_Done is unknown", code="400"), TransientError("busy")
    )
    stand.step()
    stand.clock.advance(timedelta(hours=1))
    found["late"] = stand.update("d", thing="8", uncertain=True)
    return found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["late", "card", "other", "plain"]),
        ({"order": "oldest"}, ["plain", "other", "card", "late"]),
        ({"state": "dead"}, ["plain"]),
        ({"state": ["dead", "pending"]}, ["late", "card", "other", "plain"]),
        ({"connection": "club"}, ["other"]),
        ({"rule": "b-rule"}, ["other"]),
        ({"action": "shop.post"}, ["card"]),
        ({"subject": "crm:case:9"}, ["other"]),
        ({"event": "evt-x"}, ["other"]),
        ({"message": "msg-x"}, ["other"]),
        ({"customer": "crm:account:1"}, ["other"]),
        ({"origin": "poll"}, ["other"]),
        ({"hold": "hld-x"}, ["other"]),
        ({"ids": ["dlv-1", "dlv-3"]}, ["card", "plain"]),
        ({"error": "400"}, ["plain"]),
        ({"error": "transient"}, ["card"]),
        ({"group": "shop|a-rule|shop.update|permanent|400"}, ["plain"]),
        ({"text": "FIELD 100%_done"}, ["plain"]),
        ({"text": "100_"}, []),
        ({"text": "busy"}, ["card"]),
        ({"uncertain": "true"}, ["late"]),
        ({"since": "2026-11-23T09:30:00Z"}, ["late"]),
        ({"until": "2026-11-23T09:30:00Z"}, ["card", "other", "plain"]),
        ({"state": "pending", "connection": "shop", "action": "shop.post"}, ["card"]),
        ({"state": "dead", "connection": "club"}, []),
    ],
    ids=str,
)
def test_the_log_is_found_by_every_filter(
    viewer: TestClient, log: dict[str, str], query: dict[str, Any], names: list[str]
) -> None:
    answer = viewer.get(DELIVERIES, params=query)

    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()["items"]] == [log[name] for name in names]


@pytest.mark.parametrize(
    "query", [{"state": "odd"}, {"since": "yesterday"}, {"limit": "0"}, {"cursor": "x"}], ids=str
)
def test_a_filter_that_cannot_be_read_is_refused(viewer: TestClient, query: dict[str, str]) -> None:
    assert viewer.get(DELIVERIES, params=query).status_code in {400, 422}


def test_pages_show_everything_once_while_more_comes_in(viewer: TestClient, stand: Stand) -> None:
    ids = [stand.update("x", thing=str(number)) for number in range(7)]
    seen: list[str] = []
    cursor = None

    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = viewer.get(DELIVERIES, params=query).json()
        seen += [item["id"] for item in page["items"]]
        stand.update("newer")
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == ids[::-1]


def test_failures_are_grouped_by_cause_with_what_to_do(viewer: TestClient, stand: Stand) -> None:
    ids = [stand.update("x", thing=str(number)) for number in range(3)]
    said = [PermanentError(f"no field {number}", code="400") for number in range(2)]
    stand.vendor.blow(*said, PermanentError("gone", code="404"))
    stand.step()

    groups = viewer.get(f"{DELIVERIES}/groups").json()
    other = viewer.get(f"{DELIVERIES}/groups", params={"connection": "club"}).json()

    first = groups[0]
    assert [one["count"] for one in groups] == [2, 1]
    assert first["example"] in ids
    assert first["said"].startswith("no field")
    assert first["remedy"].startswith("the vendor refused the values")
    assert first["command"] == "bridge replay --group 'shop|a-rule|shop.update|permanent|400'"
    assert groups[1]["remedy"].startswith("the record or project is not there")
    assert other == []


def test_a_command_is_safe_to_paste_whatever_the_group_is_called(
    viewer: TestClient, stand: Stand
) -> None:
    stand.update("x", rule="it's")
    stand.vendor.blow(PermanentError("no", code="400"))
    stand.step()

    (group,) = viewer.get(f"{DELIVERIES}/groups").json()

    assert shlex.split(group["command"]) == ["bridge", "replay", "--group", group["group"]]


def test_one_delivery_comes_with_its_attempts_but_without_bodies(
    viewer: TestClient, stand: Stand
) -> None:
    delivery = stand.update("a secret text")
    stand.vendor.blow(TransientError("busy"))
    stand.step()
    stand.later()

    answer = viewer.get(f"{DELIVERIES}/{delivery}")

    found = answer.json()
    assert [one["outcome"] for one in found["attempts"]] == ["transient", "done"]
    assert found["attempts"][1]["exchanges"][0]["status"] == 200
    assert found["args"] is None
    assert "a secret text" not in answer.text


def test_an_admin_reveals_bodies_and_that_is_in_the_audit(
    client_of: ClientOf, viewer: TestClient, operator: TestClient, stand: Stand
) -> None:
    delivery = stand.update("a secret text")
    stand.step()
    path = f"{DELIVERIES}/{delivery}/revealed"

    refused = [viewer.get(path).status_code, operator.get(path).status_code]
    answer = client_of(Role.ADMIN).get(path)

    found = answer.json()
    with stand.database.reading() as session:
        (entry,) = session.scalars(select(AuditRow)).all()
    assert refused == [403, 403]
    assert found["args"]["text"] == "a secret text"
    assert "a secret text" in found["attempts"][0]["exchanges"][0]["request"]
    assert found["result"]["wrote"] == {"text": "a secret text"}
    assert (entry.verb, entry.target) == ("reveal", delivery)


@pytest.mark.parametrize("path", ["dlv-x", "dlv-x/revealed"])
def test_what_is_not_there_is_said_to_be_so(client_of: ClientOf, path: str) -> None:
    assert client_of(Role.ADMIN).get(f"{DELIVERIES}/{path}").status_code == 404


def test_holds_are_listed(viewer: TestClient, stand: Stand) -> None:
    with stand.database.transaction() as session:
        made = hold.open_hold(
            session,
            "observe",
            "rule x",
            reason="it is watched first",
            connection=None,
            rule="x",
            now=stand.clock.now(),
        ).id

    found = viewer.get("/api/v1/holds").json()["items"]
    decided = viewer.get("/api/v1/holds", params={"state": "released"}).json()["items"]

    assert [(one["id"], one["reason"]) for one in found] == [(made, "it is watched first")]
    assert decided == []


def test_holds_come_page_by_page_the_newest_first(viewer: TestClient, stand: Stand) -> None:
    with stand.database.transaction() as session:
        for name in "abc":
            hold.open_hold(
                session,
                "observe",
                f"rule {name}",
                reason="",
                connection=None,
                rule=name,
                now=stand.clock.now(),
            )

    first = viewer.get("/api/v1/holds", params={"limit": 2}).json()
    rest = viewer.get("/api/v1/holds", params={"limit": 2, "cursor": first["next"]}).json()

    assert [one["rule"] for one in first["items"]] == ["c", "b"]
    assert ([one["rule"] for one in rest["items"]], rest["next"]) == (["a"], None)


def test_connections_show_what_is_paused_and_what_waits(viewer: TestClient, stand: Stand) -> None:
    stand.vendor.blow(CredentialError("answered 401", part="channel:alerts"))
    stand.post("x")
    stand.step()

    shop = viewer.get("/api/v1/connections").json()[1]

    assert (shop["name"], shop["state"], shop["open_deliveries"]) == (
        "shop",
        "open",
        {"pending": 1},
    )
    assert [(one["name"], one["reason"]) for one in shop["paused_parts"]] == [
        ("shop|channel:alerts", "answered 401")
    ]


def test_an_operator_pauses_and_resumes_and_both_are_in_the_audit(
    viewer: TestClient, operator: TestClient, stand: Stand
) -> None:
    stand.update("x")
    path, why = "/api/v1/connections/shop", {"why": "an upgrade"}

    refused = viewer.post(f"{path}:pause", json=why, headers={"Idempotency-Key": "1"})
    paused = operator.post(f"{path}:pause", json=why, headers={"Idempotency-Key": "2"})
    while_paused = stand.step()
    resumed = operator.post(f"{path}:resume", json=why, headers={"Idempotency-Key": "3"})

    with stand.database.reading() as session:
        entries = session.scalars(select(AuditRow).order_by(AuditRow.seq)).all()
    assert refused.status_code == 403
    assert (paused.json()["state"], resumed.json()["state"]) == ("paused", "open")
    assert while_paused == []
    assert stand.step() == [State.SUCCEEDED]
    assert [(one.verb, one.target, one.reason) for one in entries] == [
        ("pause", "shop", "an upgrade"),
        ("resume", "shop", "an upgrade"),
    ]


def test_a_connection_that_is_not_there_cannot_be_paused(operator: TestClient) -> None:
    answer = operator.post(
        "/api/v1/connections/nowhere:pause", json={}, headers={"Idempotency-Key": "1"}
    )

    assert answer.status_code == 404


def test_what_went_out_in_another_ones_call_names_it_and_is_named_by_it(
    stand: Stand, viewer: TestClient
) -> None:
    first, second, third = stand.fill("7", a="1"), stand.fill("7", b="2"), stand.fill("7", a="3")
    stand.step()

    shown = [viewer.get(f"{DELIVERIES}/{one}").json() for one in (first, second, third)]

    assert [one["state"] for one in shown] == ["superseded", "merged", "succeeded"]
    assert [one["superseded_by"] for one in shown] == [third, third, None]
    assert [one["carried"] for one in shown] == [[], [], [first, second]]
    assert shown[1]["reason"] == f"went out in the call of {third}"
