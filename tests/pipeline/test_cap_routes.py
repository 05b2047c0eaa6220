"""A rule that went beyond a cap, by HTTP: what it asks, and what people do about it."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.access.keys import Role
from bridge.pipeline.caps import store
from bridge.pipeline.caps.store import Written
from bridge.pipeline.caps.use import Use
from caps.held import hold_rule
from inbox.house import House
from pipeline.client import Api

RULE = "incident-raised"


@pytest.fixture
def held(house: House) -> str:
    """The hold of a rule that asks three cards; its id."""
    with house.bridge.database.transaction() as session:
        return hold_rule(session, RULE, count=4, now=house.clock.now())


@pytest.fixture
def operator(house: House) -> Api:
    return Api(house.client(Role.OPERATOR))


@pytest.fixture
def viewer(house: House) -> Api:
    return Api(house.client(Role.VIEWER))


def test_what_a_held_rule_asks_is_shown_to_anybody_who_may_look(viewer: Api, held: str) -> None:
    found = viewer.get(f"/rules/{RULE}/held")

    assert (found["hold"]["id"], found["hold"]["kind"]) == (held, "blast_radius")
    assert (found["count"], found["by_action"]) == (4, {"teams teams.post_card": 4})
    assert found["examples"] == ["dlv-0", "dlv-1", "dlv-2"]


@pytest.mark.parametrize(("verb", "state"), [("release", "pending"), ("discard", "cancelled")])
def test_an_operator_decides_once_and_it_stands_in_the_audit(
    operator: Api, held: str, verb: str, state: str
) -> None:
    first = operator.post(f"/rules/{RULE}:{verb}", {"why": "looked at"}, key="one")
    again = operator.post(f"/rules/{RULE}:{verb}", {"why": "looked at"}, key="one")

    (entry,) = operator.get(f"/audit?verb={verb}")["items"]
    states = {one["state"] for one in operator.get("/deliveries")["items"]}
    assert (first["count"], again) == (4, first)
    assert (entry["target"], entry["reason"]) == (RULE, "looked at")
    assert entry["difference"] == {"count": 4}
    assert states == {state}
    assert operator.get("/holds")["items"] == []
    assert operator.get("/alarms?state=down")["items"] == []


def test_a_release_may_spare_the_rule_for_a_while(operator: Api, held: str) -> None:
    operator.post(f"/rules/{RULE}:release", {"spare": "4h"})

    (hold,) = operator.get("/holds?state=released")["items"]
    assert hold["spared_until"] == "2026-11-23T13:00:00Z"


def test_a_hold_of_a_rule_is_decided_like_any_other_hold(operator: Api, held: str) -> None:
    operator.post(f"/holds/{held}:release", {"why": "fine"})

    assert operator.get("/alarms?state=down")["items"] == []
    assert operator.get(f"/rules/{RULE}/held", status=409)["type"] == "/problems/rule-not-held"


@pytest.mark.parametrize("body", [{"spare": "8d"}, {"spare": "0s"}, {"spare": "soon"}, {"all": 1}])
def test_terms_that_mean_nothing_are_refused(
    operator: Api, held: str, body: dict[str, Any]
) -> None:
    problem = operator.post(f"/rules/{RULE}:release", body, status=422)

    assert problem["type"] == "/problems/invalid-request"


@pytest.mark.parametrize("verb", ["release", "discard"])
def test_a_rule_that_is_not_held_has_nothing_to_decide(operator: Api, verb: str) -> None:
    problem = operator.post(f"/rules/{RULE}:{verb}", {}, status=409)

    assert problem["type"] == "/problems/rule-not-held"
    assert RULE in problem["detail"]


def test_who_may_only_look_decides_nothing(viewer: Api, held: str) -> None:
    assert viewer.post(f"/rules/{RULE}:release", {}, status=403)["status"] == 403


def test_whoever_the_hold_names_decides(operator: Api, held: str, house: House) -> None:
    Api(house.client(Role.ADMIN)).post(f"/holds/{held}:set", {"may_decide": "admin"})

    assert operator.post(f"/rules/{RULE}:discard", {}, status=403)["needed"] == "admin"


def test_each_active_rule_shows_its_caps_its_use_and_what_would_fit(
    viewer: Api, house: House
) -> None:
    use = Written(use=Use(writes=70), most=4)
    with house.bridge.database.transaction() as session:
        store.add(session, {RULE: use}, now=house.clock.now() - timedelta(days=4))

    found = {one["rule"]: one for one in viewer.get("/rules/caps")}

    mine = found.pop(RULE)
    assert mine["said"] == {"writes_per_hour": None, "per_record": None, "overwrites": None}
    assert mine["counts"] == {"writes_per_hour": 1000, "per_record": 30, "overwrites": "none"}
    assert (mine["hours"], mine["most"], mine["p99"], mine["most_at_record"]) == (1, 70, 70, 4)
    assert mine["proposed"] == {"writes_per_hour": 150, "per_record": 10, "overwrites": None}
    assert {one["proposed"] for one in found.values()} == {None}
