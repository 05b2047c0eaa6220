"""Searches by HTTP: how far they have come, and one at once."""

import pytest

from bridge.access.keys import Role
from bridge.pipeline.polling import store
from inbox.house import House
from pipeline.client import Api
from polling.search import EVERY


@pytest.fixture
def planned(house: House) -> House:
    with house.bridge.database.transaction() as session:
        store.plan(session, {"customer-feedback": EVERY}, now=house.clock.now())
    return house


def test_it_says_how_far_each_has_come(planned: House) -> None:
    found = Api(planned.client(Role.VIEWER)).get("/polls")

    assert found == [
        {
            "source": "customer-feedback",
            "since": "2026-11-23T09:00:00Z",
            "due_at": "2026-11-23T09:15:00Z",
            "begun_at": None,
            "ended_at": None,
            "found": 0,
            "problem": "",
        }
    ]


def test_an_operator_may_ask_for_one_at_once(planned: House) -> None:
    planned.clock.advance(60)
    operator = Api(planned.client(Role.OPERATOR))

    done = operator.post("/polls/customer-feedback:run", {})

    (entry,) = operator.get("/audit?verb=poll")["items"]
    assert done["due_at"] == "2026-11-23T09:01:00Z"
    assert entry["target"] == "customer-feedback"


def test_who_only_looks_may_not(planned: House) -> None:
    viewer = Api(planned.client(Role.VIEWER))

    refused = viewer.post("/polls/customer-feedback:run", {}, status=403)

    assert refused["status"] == 403


def test_a_source_that_is_not_searched_is_named(planned: House) -> None:
    problem = Api(planned.client(Role.OPERATOR)).post("/polls/nobody:run", {}, status=404)

    assert "source nobody" in problem["detail"]
