"""A stored event as a test, by API: which rule, which mappings, and what stands in the way."""

from typing import Any

import pytest
from sqlalchemy import update

from bridge.access.keys import Role
from bridge.ledger.tables import EventRow
from inbox.house import INCIDENT, House
from pipeline.client import Api


@pytest.fixture
def api(house: House) -> Api:
    return Api(house.client(Role.OPERATOR))


@pytest.fixture
def happened(house: House, api: Api) -> str:
    """An incident that Jira told us of."""
    house.jira(INCIDENT)
    house.drain()
    return str(api.get("/events")["items"][0]["id"])


def test_of_the_only_rule_that_matches_under_the_active_set(api: Api, happened: str) -> None:
    found = api.post("/rules:capture", {"event": happened})

    assert found["rule"] == "incident-raised"
    assert found["test"]["given"]["work_item"]["title"] == "Title 1"
    assert found["test"]["expect"][0]["teams.post_card"]["title"] == "Incident ENG-9: Title 1"
    assert found["differs"] == []


def test_of_two_rules_that_match_one_has_to_be_named(api: Api, happened: str) -> None:
    files = api.get("/rules/sets/active/files")["files"]
    name = "rules/alerts.yaml"
    twice = {**files, "rules/again.yaml": files[name].replace("- id: ", "- id: again-")}
    asked = {"event": happened, "files": twice}

    problem = api.post("/rules:capture", asked, status=409)
    named = api.post("/rules:capture", {**asked, "rule": "again-incident-raised", "name": "mine"})

    assert problem["type"] == "/problems/which-rule"
    assert problem["detail"].startswith("2 rules match it (again-incident-raised, incident-raised)")
    assert (named["rule"], named["test"]["name"]) == ("again-incident-raised", "mine")


@pytest.mark.parametrize(
    ("wish", "status", "said"),
    [
        ({"rule": "incident-rased"}, 404, "did you mean `incident-raised`?"),
        ({"files": {"rules/r.yaml": "version: 1\nrules: [{id: x}]\n"}}, 422, "rules/r.yaml:2"),
        ({"files": {"rules/r.yaml": "version: 1\nrules: []\n"}}, 409, "no rule matches it"),
        ({"keep": ["x"] * 101}, 422, ""),
    ],
)
def test_what_stands_in_the_way_is_said(
    wish: dict[str, Any], status: int, said: str, api: Api, happened: str
) -> None:
    problem = api.post("/rules:capture", {"event": happened, **wish}, status=status)

    assert said in problem["detail"]


def test_an_event_without_its_facts_makes_no_test(house: House, api: Api, happened: str) -> None:
    with house.bridge.database.transaction() as session:
        session.execute(update(EventRow).where(EventRow.id == happened).values(facts={}))

    problem = api.post("/rules:capture", {"event": happened}, status=409)
    nobody = api.post("/rules:capture", {"event": "evt_x"}, status=404)

    assert problem["type"] == "/problems/no-facts"
    assert "evt_x" in nobody["detail"]


def test_whoever_only_looks_may_not_capture(house: House, happened: str) -> None:
    viewer = Api(house.client(Role.VIEWER))

    refused = viewer.post("/rules:capture", {"event": happened}, status=403)

    assert refused["status"] == 403
