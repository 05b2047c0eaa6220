"""Holds by HTTP: who may decide, until when, and what then."""

from typing import Any

import pytest

from bridge.access.keys import Role
from bridge.outbox import hold
from inbox.house import House
from pipeline.client import Api

TERMS = {"until": "2026-12-01T18:00:00Z", "then": "discard"}


@pytest.fixture
def held(house: House) -> str:
    """An open hold; its id."""
    with house.bridge.database.transaction() as session:
        made = hold.open_hold(
            session,
            "observe",
            "rule x",
            reason="it is watched first",
            connection=None,
            rule="x",
            now=house.clock.now(),
        )
    return made.id


@pytest.fixture
def operator(house: House) -> Api:
    return Api(house.client(Role.OPERATOR))


@pytest.fixture
def admin(house: House) -> Api:
    return Api(house.client(Role.ADMIN))


@pytest.mark.parametrize(
    ("verb", "body"), [("release", {}), ("discard", {}), ("set", {"may_decide": "operator"})]
)
def test_a_hold_is_decided_by_whoever_it_names(
    operator: Api, admin: Api, held: str, verb: str, body: dict[str, Any]
) -> None:
    admin.post(f"/holds/{held}:set", {"may_decide": "admin"})

    refused = operator.post(f"/holds/{held}:{verb}", body, status=403)
    admin.post(f"/holds/{held}:{verb}", body)

    assert (refused["type"].rpartition("/")[2], refused["needed"]) == ("role-needed", "admin")


def test_the_terms_of_a_hold_are_set_and_stand_in_the_audit(operator: Api, held: str) -> None:
    operator.post(f"/holds/{held}:set", {**TERMS, "owner": "anna", "why": "she knows"})

    (found,) = operator.get("/holds")["items"]
    (entry,) = operator.get("/audit?verb=set")["items"]
    assert (found["until"], found["then"], found["owner"], found["may_decide"]) == (
        "2026-12-01T18:00:00Z",
        "discard",
        "anna",
        "operator",
    )
    assert (entry["target"], entry["reason"]) == (held, "she knows")
    assert entry["difference"] == {**TERMS, "owner": "anna"}


def test_what_is_not_said_stays_and_null_ends_by_itself_no_more(operator: Api, held: str) -> None:
    operator.post(f"/holds/{held}:set", {**TERMS, "owner": "anna"})

    after = operator.post(f"/holds/{held}:set", {"until": None, "then": None})

    assert (after["until"], after["then"], after["owner"]) == (None, "", "anna")


@pytest.mark.parametrize(
    "body",
    [{"until": "2026-12-01T18:00:00Z"}, {"then": "discard"}, {**TERMS, "until": "2026-12-01"},
     {**TERMS, "then": "explode"}, {"may_decide": "nobody"}],
)  # fmt: skip
def test_terms_that_say_half_are_refused(operator: Api, held: str, body: dict[str, Any]) -> None:
    problem = operator.post(f"/holds/{held}:set", body, status=422)

    assert problem["type"] == "/problems/invalid-request"


def test_a_hold_that_is_decided_has_no_terms_any_more(operator: Api, held: str) -> None:
    operator.post(f"/holds/{held}:release", {})

    assert operator.post(f"/holds/{held}:set", TERMS, status=409)["detail"] == "released"
