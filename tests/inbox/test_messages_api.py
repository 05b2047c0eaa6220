"""`/api/v1/messages`: what came in is found, read, and read again without doubling anything."""

import base64
from uuid import uuid4

import orjson
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from bridge.access.audit import page as audit_page
from bridge.access.keys import Role
from bridge.access.paging import Span
from bridge.inbox.tables import MessageRow, MessageState
from bridge.ledger.tables import ChangeRow, EventRow, RecordRow
from bridge.outbox.tables import DeliveryRow
from inbox.house import INCIDENT, House

PATH = "/api/v1/messages"


@pytest.fixture
def viewer(house: House) -> TestClient:
    return house.client(Role.VIEWER)


@pytest.fixture
def operator(house: House) -> TestClient:
    """Its every POST is an act of its own."""
    client = house.client(Role.OPERATOR)
    client.event_hooks = {
        "request": [lambda request: request.headers.setdefault("Idempotency-Key", str(uuid4()))]
    }
    return client


@pytest.fixture
def ids(house: House) -> dict[str, str]:
    """Four messages: one that tells a fact, one ignored, one bad, and one that still waits."""
    house.jira(INCIDENT)
    house.jira({"webhookEvent": "user_created"})
    house.jira(b"\xff\xfe no JSON")
    house.drain()
    house.gather()
    house.signed(b'{"object": "alert", "id": 1, "fields": {}}')
    names = ("fact", "ignored", "bad", "waiting")
    return {name: row.id for name, row in zip(names, house.messages(), strict=True)}


def test_messages_are_listed_the_newest_first_without_bodies(
    viewer: TestClient, ids: dict[str, str]
) -> None:
    answer = viewer.get(PATH).json()

    assert [item["id"] for item in answer["items"]] == list(ids.values())[::-1]
    assert [item["state"] for item in answer["items"]] == [
        "pending", "bad", "ignored", "translated",
    ]  # fmt: skip
    assert {"body", "headers"}.isdisjoint(answer["items"][0])
    assert answer["next"] is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=bad", ["bad"]),
        ("connection=monitor", ["waiting"]),
        ("connection=jira&state=translated", ["fact"]),
        ("event_type=user_created", ["ignored"]),
        ("connection=monitor&state=bad", []),
        ("connection=%00", []),
    ],
)
def test_filters_narrow_the_list(
    viewer: TestClient, ids: dict[str, str], query: str, names: list[str]
) -> None:
    found = viewer.get(f"{PATH}?{query}").json()["items"]

    assert [item["id"] for item in found] == [ids[name] for name in names]


def test_pages_follow_one_another(viewer: TestClient, ids: dict[str, str]) -> None:
    first = viewer.get(PATH, params={"limit": 3, "order": "oldest"}).json()
    rest = viewer.get(PATH, params={"order": "oldest", "cursor": first["next"]}).json()

    found = [item["id"] for item in (*first["items"], *rest["items"])]
    assert found == list(ids.values())


def test_an_unknown_state_is_told(viewer: TestClient) -> None:
    assert viewer.get(f"{PATH}?state=lost").status_code == 422


def test_a_bad_message_says_why(viewer: TestClient, ids: dict[str, str]) -> None:
    (found,) = viewer.get(f"{PATH}?state=bad").json()["items"]

    assert found["reason"].startswith("not JSON")


def test_one_message_is_shown_as_it_came(operator: TestClient, ids: dict[str, str]) -> None:
    shown = operator.get(f"{PATH}/{ids['fact']}").json()

    assert orjson.loads(shown["body"]) == INCIDENT
    assert shown["is_base64"] is False
    assert shown["headers"]["x-hub-signature"].startswith("sha256=")


def test_a_body_that_is_no_text_is_shown_in_base64(
    operator: TestClient, ids: dict[str, str]
) -> None:
    shown = operator.get(f"{PATH}/{ids['bad']}").json()

    assert shown["is_base64"] is True
    assert base64.b64decode(shown["body"]) == b"\xff\xfe no JSON"


def test_who_read_a_body_is_in_the_audit(
    house: House, operator: TestClient, ids: dict[str, str]
) -> None:
    operator.get(f"{PATH}/{ids['fact']}")

    with house.bridge.database.reading() as session:
        (entry,) = audit_page(session, Span(limit=10))
    assert (entry.verb, entry.target) == ("reveal", ids["fact"])
    assert entry.principal.startswith("a operator")


@pytest.mark.parametrize("unknown", ["msg_nobody", "%00", "x" * 3_000])
def test_a_message_that_is_not_there_is_404(operator: TestClient, unknown: str) -> None:
    assert operator.get(f"{PATH}/{unknown}").status_code == 404


def test_roles(house: House, viewer: TestClient, ids: dict[str, str]) -> None:
    stranger = house.client(None)
    body = {"ids": [ids["bad"]]}

    assert stranger.get(PATH).status_code == 401
    assert stranger.get(f"{PATH}/{ids['bad']}").status_code == 401
    assert stranger.post(f"{PATH}:retranslate", json=body).status_code == 401
    assert viewer.get(f"{PATH}/{ids['bad']}").status_code == 403
    assert viewer.post(f"{PATH}:retranslate", json=body).status_code == 403


def test_retranslation_doubles_nothing(
    house: House, operator: TestClient, ids: dict[str, str]
) -> None:
    tables = (EventRow, ChangeRow, RecordRow, DeliveryRow)
    before = [house.count(table) for table in tables]

    answer = operator.post(f"{PATH}:retranslate", json={"ids": [ids["fact"]]})
    pending = house.messages()[0].state
    house.drain()

    assert answer.json() == {"count": 1, "missing": []}
    assert pending == MessageState.PENDING
    assert house.messages()[0].state == MessageState.TRANSLATED
    assert before[0] == before[3] == 1  # an incident and its card
    assert [house.count(table) for table in tables] == before


def test_what_a_bug_made_bad_becomes_a_fact_once_it_is_mended(
    house: House, operator: TestClient, ids: dict[str, str]
) -> None:
    """The body is mended here in place of a source: what is read again is what lies in the table."""
    with house.bridge.database.transaction() as session:
        other = {**INCIDENT, "issue": {**INCIDENT["issue"], "id": "10232"}}
        mended = update(MessageRow).where(MessageRow.id == ids["bad"])
        session.execute(mended.values(body=orjson.dumps(other)))

    operator.post(f"{PATH}:retranslate", json={"state": "bad", "connection": "jira"})
    house.drain()

    assert house.messages()[2].state == MessageState.TRANSLATED
    assert house.messages()[2].reason == ""
    assert house.count(EventRow) == 2


def test_many_are_chosen_by_state_and_connection(operator: TestClient, ids: dict[str, str]) -> None:
    def count(**wish: object) -> int:
        found: int = operator.post(f"{PATH}:retranslate", json=wish).json()["count"]
        return found

    assert count(state="bad", connection="monitor") == 0
    assert count(state="bad") == 1
    assert count(connection="jira", most=1) == 1  # the oldest of what does not wait already
    assert count(connection="jira") == 1
    assert count(connection="jira") == 0


def test_ids_that_cannot_be_read_again_are_named(
    house: House, operator: TestClient, ids: dict[str, str]
) -> None:
    with house.bridge.database.transaction() as session:
        thinned = update(MessageRow).where(MessageRow.id == ids["ignored"])
        session.execute(thinned.values(body=None, headers=None))

    wish = {"ids": [ids["ignored"], "msg_nobody", ids["bad"]]}
    answer = operator.post(f"{PATH}:retranslate", json=wish).json()

    assert answer == {"count": 1, "missing": sorted(["msg_nobody", ids["ignored"]])}


@pytest.mark.parametrize(
    "wish", [{}, {"ids": []}, {"ids": ["msg_1"], "state": "bad"}, {"state": "bad", "most": 0}]
)
def test_a_wish_that_names_nothing_is_told_what_to_name(
    operator: TestClient, wish: dict[str, object]
) -> None:
    assert operator.post(f"{PATH}:retranslate", json=wish).status_code == 422


def test_reading_again_is_in_the_audit_and_one_act_when_sent_twice(
    house: House, operator: TestClient, ids: dict[str, str]
) -> None:
    headers = {"Idempotency-Key": "once"}
    for _ in "12":
        answer = operator.post(f"{PATH}:retranslate", json={"state": "bad"}, headers=headers)
        house.drain()

    with house.bridge.database.reading() as session:
        (entry,) = audit_page(session, Span(limit=10))
    assert answer.json()["count"] == 1
    assert (entry.verb, entry.target) == ("retranslate", "1 messages")
    assert entry.difference is not None
    assert entry.difference["state"] == "bad"
