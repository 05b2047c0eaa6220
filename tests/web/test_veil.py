"""What a viewer does not see, said of every route there is: personal data and free text of records."""

import re
from datetime import timedelta

import pytest

from bridge.access.keys import Role
from bridge.ledger.tables import RecordRow
from bridge.rules import store as rule_store
from duties import rows
from web.front import Front
from web.planted import ASKED, DATA, IDS, MARK, plant

# The question of a conflict is planted by two ends that differ: tests/syncing/test_conflicts.py.
ELSEWHERE = {"/api/v1/holds/{hold_id}/conflict"}
# Where an operator sees what a viewer does not; what is not here shows it to nobody, or to admins.
OPERATORS = {
    "/api/v1/alerts",
    "/api/v1/alerts/{group_id}",
    "/api/v1/deliveries",
    "/api/v1/deliveries/groups",
    "/api/v1/deliveries/{delivery_id}",
    "/api/v1/events",
    "/api/v1/events/{event_id}",
    "/api/v1/links/imports/{adoption_id}",
    "/api/v1/links/imports/{adoption_id}/pairs",
    "/api/v1/messages/{message_id}",
    "/api/v1/people/unresolved",
    "/api/v1/people/unattributed",
    "/api/v1/records",
}


@pytest.fixture
def planted(front_on_sqlite: Front) -> Front:
    """Somebody's words are everywhere."""
    bridge = front_on_sqlite.bridge
    with bridge.database.transaction() as session:
        version = rule_store.active_hash(session) or ""
        plant(session, bridge.clock.now() - timedelta(minutes=1), version)
        session.get_one(RecordRow, rows.CASE).data = DATA
    return front_on_sqlite


def shows(front: Front, role: Role) -> dict[str, bool]:
    """Of each route that only reads and that this role may ask: whether its answer has the mark."""
    client, found = front.client(role), {}
    for method, path in front.paths():
        if method != "GET" or path in ELSEWHERE or not path.startswith(("/api/", "/metrics")):
            continue
        answer = client.get(
            re.sub(r"\{(\w+)\}", lambda name: IDS[name[1]], path),
            params={} if path == "/api/v1/links/{link_id}" else ASKED,
        )
        if answer.status_code != 403:
            assert answer.status_code == 200, (path, answer.text)
            found[path] = MARK.lower() in answer.text.lower()
    return found


def test_no_route_shows_a_viewer_personal_data_or_free_text(planted: Front) -> None:
    shown = shows(planted, Role.VIEWER)

    assert len(shown) > 30
    assert {path for path, marked in shown.items() if marked} == set()


def test_an_operator_sees_them_where_they_belong(planted: Front) -> None:
    shown = shows(planted, Role.OPERATOR)

    assert {path for path, marked in shown.items() if marked} == OPERATORS


def test_what_is_neither_stays_as_it_is_for_a_viewer(planted: Front) -> None:
    client = planted.client(Role.VIEWER)

    record = client.get("/api/v1/records", params=ASKED).json()
    event = client.get("/api/v1/events/evt_veil").json()
    delivery = client.get("/api/v1/deliveries/dlv_veil").json()
    (group,) = client.get("/api/v1/alerts").json()["items"]

    assert record["data"] == {
        "title": "(not shown)",
        "body": "(not shown)",
        "contact": "(not shown)",
        "severity": "high",
        "product": "Router",
    }
    assert event["changes"][1] == {"field": "severity", "before": "low", "after": "high"}
    assert (event["record"]["severity"], event["facts"]) == ("high", {})
    assert delivery["reason"] == "400: summary: (not shown) is too long"
    assert group["labels"]["feedback.product"] == "Router"
