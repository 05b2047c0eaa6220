"""Many issues in one call, each with its own answer, at both simulated sites and at odd ones."""

from typing import Any

import pytest
import respx

from bridge.connectors.action import Receipt
from bridge.connectors.jira.actions import CreateIssue
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.mark import mark_label
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    PermanentError,
    TransientError,
)
from connectors.jira.harbour import settings_of
from connectors.jira.sites import World

BULK = f"{settings_of().base}/rest/api/2/issue/bulk"
ELEMENT = {"fields": {"summary": "a"}, "properties": []}
MADE = {"id": "10001", "key": "ENG-1", "self": "x"}


def task(summary: str = "Tides", **changes: Any) -> CreateIssue:
    return CreateIssue.model_validate(
        {"project": "ENG", "type": "Task", "summary": summary} | changes
    )


def failed(number: int, status: int = 400, **errors: str) -> dict[str, Any]:
    words = {"errorMessages": [], "errors": errors}
    return {"status": status, "failedElementNumber": number, "elementErrors": words}


def test_issues_are_made_in_one_call_and_each_is_found_by_its_key(world: World) -> None:
    creates = [task("a"), task("b", labels=["seen"]), task("c", due="2027-01-31")]

    answers = CreateIssue.run_batch(
        world.client, [(one, f"k{number}") for number, one in enumerate(creates)]
    )

    found = [one.find(world.client, f"k{number}") for number, one in enumerate(creates)]
    made = [one for one in answers if isinstance(one, Receipt)]
    assert [one.ref for one in made] == [one.ref for one in found if one]
    assert [one.key for one in made] == ["ENG-1", "ENG-2", "ENG-3"]
    assert made[1].wrote["labels"] == ["seen", mark_label("k1")]
    assert world.sim.properties("ENG-2") == {"bridge.write": {"key": "k1"}}
    assert world.sim.requests["POST /issue/bulk"] == 1
    assert world.sim.requests["POST /issue"] == 0
    assert {one.batch_key() for one in creates} == {""}


def test_a_bulk_issue_is_what_it_would_be_alone(world: World) -> None:
    create = task("a", priority="high", description="h1. text", assignee="Nobody At All")

    alone = create.run(world.client, "k1")
    (together,) = CreateIssue.run_batch(world.client, [(create, "k1")])

    assert isinstance(together, Receipt)
    assert (together.wrote, together.note) == (alone.wrote, alone.note)
    assert "assignee" in together.note


def test_what_jira_or_its_form_refuses_is_named_and_the_others_are_made(world: World) -> None:
    world.sim.require("duedate", kind="Bug")
    creates = [
        task("a"),
        task("b", type="Bug"),
        task("c", fields={"No Such": 1}),
        task("d", type="No Such"),
        task("e", project="NONE"),
        task("f", project="OPS"),
    ]

    answers = CreateIssue.run_batch(
        world.client, [(one, f"k{number}") for number, one in enumerate(creates)]
    )

    assert all(isinstance(answers[number], Receipt) for number in (0, 5))
    assert all(isinstance(one, PermanentError) for one in answers[1:5])
    assert "duedate" in str(answers[1])
    assert [issue["fields"]["summary"] for issue in world.sim.issues()] == ["a", "f"]


def test_all_refused_is_an_answer_for_each(world: World) -> None:
    world.sim.require("duedate", kind="Bug")

    answers = CreateIssue.run_batch(
        world.client, [(task(each, type="Bug"), each) for each in ("a", "b")]
    )

    assert [type(one).__name__ for one in answers] == ["FieldRefusal", "FieldRefusal"]


@pytest.mark.parametrize("fault", ["cut_after", "server_error_after", "cut_before"])
def test_a_lost_answer_leaves_each_to_be_looked_for(world: World, fault: str) -> None:
    create = task("a")
    world.client.create_form("ENG", "Task")
    world.sim.faults.next(fault, method="POST", path_contains="/issue/bulk")

    with pytest.raises(AmbiguousOutcome):
        CreateIssue.run_batch(world.client, [(create, "k1"), (task("b"), "k2")])

    found = [create.find(world.client, key) for key in ("k1", "k2")]
    assert [one is None for one in found] == [fault == "cut_before"] * 2


def test_what_befalls_the_call_as_a_whole_is_raised(world: World) -> None:
    world.client.create_form("ENG", "Task")
    world.sim.faults.next("rate_limited", method="POST", path_contains="/issue/bulk")
    with pytest.raises(TransientError) as limited:
        CreateIssue.run_batch(world.client, [(task("a"), "k1"), (task("b"), "k2")])
    world.sim.revoke_credentials()
    with pytest.raises(CredentialError):
        CreateIssue.run_batch(world.client, [(task("a"), "k1"), (task("b"), "k2")])

    assert limited.value.retry_after is not None
    assert world.sim.issues() == []


def test_a_form_that_cannot_be_read_stops_none_that_are_known(world: World) -> None:
    world.client.create_form("ENG", "Task")
    world.sim.faults.next("server_error_before", path_contains="/createmeta/OPS")
    creates = [task("a"), task("b", project="OPS"), task("c", project="OPS"), task("d")]

    answers = CreateIssue.run_batch(
        world.client, [(one, f"k{number}") for number, one in enumerate(creates)]
    )

    assert isinstance(answers[0], Receipt)
    assert isinstance(answers[1], TransientError)
    assert answers[2:] == [None, None]


def test_answers_are_mapped_by_the_numbers_of_what_failed(
    site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    second = {**MADE, "id": "10002", "key": "ENG-2"}
    errors = [failed(3, 404), failed(0, summary="You must specify a summary of the issue.")]
    respx_mock.post(BULK).respond(201, json={"issues": [MADE, second], "errors": errors})

    first, one, two, last = site.create_issues([ELEMENT] * 4)

    assert isinstance(first, PermanentError)
    assert "You must specify" in str(first)
    assert [dict(each)["key"] for each in (one, two) if not isinstance(each, DeliveryError)] == [
        "ENG-1",
        "ENG-2",
    ]
    assert isinstance(last, PermanentError)
    assert last.code == "404"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, PermanentError), (401, CredentialError), (429, TransientError), (500, AmbiguousOutcome)],
)
def test_an_element_is_judged_like_a_call(
    site: JiraClient, respx_mock: respx.MockRouter, status: int, kind: type[DeliveryError]
) -> None:
    respx_mock.post(BULK).respond(201, json={"issues": [MADE], "errors": [failed(1, status)]})

    assert isinstance(site.create_issues([ELEMENT] * 2)[1], kind)


@pytest.mark.parametrize(
    "body",
    [
        {"issues": [MADE], "errors": []},
        {"issues": [MADE], "errors": [failed(7)]},
        {"issues": [MADE, MADE], "errors": [failed(1)]},
        {"issues": [{"id": "10001"}, MADE], "errors": []},
        {"issues": None},
        [],
    ],
)
def test_an_answer_that_does_not_tell_of_each_is_none(
    site: JiraClient, respx_mock: respx.MockRouter, body: Any
) -> None:
    respx_mock.post(BULK).respond(201, json=body)

    with pytest.raises(AmbiguousOutcome):
        site.create_issues([ELEMENT] * 2)


def test_a_refusal_of_the_whole_call_is_raised(
    site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    words = {"errorMessages": ["Between 1 and 50 issues can be created at once."], "errors": {}}
    respx_mock.post(BULK).respond(400, json=words)

    with pytest.raises(PermanentError, match="Between 1 and 50"):
        site.create_issues([ELEMENT])
