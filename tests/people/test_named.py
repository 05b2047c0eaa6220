"""Whom a rule's action names and nobody knows there: left alone, reported, and known the next time."""

import pytest

from bridge.connectors.roster import Account
from bridge.pipeline.people.match import Reason
from people.folk import Streets

SOURCES = """
version: 1
sources:
  - id: cases
    from: {connection: crm, object: Case}
    as: feedback
    fields:
      title: Title
      owner: {id: Owner, name: Called, email: Mail}
"""
RULES = """
version: 1
rules:
  - id: task
    description: Feedback becomes a task of whoever has the case.
    when: feedback.created
    do: [{id: task, tracker.create_issue: {summary: "${feedback.title}", assignee: "WHO"}}]
    tests: [{name: t, given: {event: feedback.created, feedback: {title: a, owner: {id: a, name: b, email: c}}},
             expect: [tracker.create_issue]}]
"""
PEOPLE = """
version: 1
people: [{name: Dana Reyes, department: support, identities: {crm: 005Dana, tracker: dana-1}}]
"""
ADDRESS = "dana@example.com"


def rules(who: str) -> str:
    return RULES.replace("WHO", who)


@pytest.fixture
def desk(streets: Streets) -> Streets:
    """A tracker with one engineer, and rules that name whoever has the case by their address."""
    streets.town.vendors["tracker"].staff = {"dana-1"}
    streets.town.live_by(rules("${feedback.owner.email}"), sources=SOURCES)
    return streets


def hear(streets: Streets, number: str) -> None:
    streets.town.case(number, Title=number, Owner="005Dana", Called="Dana Reyes", Mail=ADDRESS)
    streets.town.settle()


@pytest.mark.parametrize("field", ["id", "name", "email"])
def test_whom_an_action_leaves_alone_is_in_the_report(desk: Streets, field: str) -> None:
    desk.town.live_by(rules("${feedback.owner." + field + "}"), sources=SOURCES)

    hear(desk, "1")

    (told,) = desk.report()
    assert (told.row.at, told.row.account, told.row.to) == ("crm", "005Dana", "tracker")
    assert (told.name, told.row.record, told.row.seen) == ("Dana Reyes", "crm:Case:1", 1)
    assert 'identities: {crm: "005Dana", tracker: "THEIR-ACCOUNT"}' in told.remedy
    assert desk.town.tracker.records == {"1": {"summary": "1"}}


def test_the_line_of_the_report_helps_the_next_time(desk: Streets) -> None:
    hear(desk, "1")
    desk.town.live_by(rules("${feedback.owner.email}"), sources=SOURCES, people=PEOPLE)

    hear(desk, "2")

    assert desk.town.tracker.records["2"]["assignee"] == "dana-1"
    assert desk.report() == []


def test_who_is_found_by_an_address_is_named_by_it_the_next_time(desk: Streets) -> None:
    desk.folk.accounts = {
        "crm": [Account(id="005Dana", email=ADDRESS)],
        "tracker": [Account(id="dana-1", email=ADDRESS)],
    }
    hear(desk, "1")
    assert desk.look() == 1

    hear(desk, "2")

    assert desk.town.tracker.records["2"]["assignee"] == "dana-1"
    assert desk.report() == []


def test_a_text_that_is_nobody_s_of_the_record_is_reported_as_the_rule_s(desk: Streets) -> None:
    desk.town.live_by(rules("The Crew"), sources=SOURCES, people=PEOPLE)
    hear(desk, "1")
    desk.look()

    (told,) = desk.report()

    assert (told.row.at, told.row.account, told.row.reason) == (
        "tracker",
        "The Crew",
        Reason.NOT_EXACT,
    )
    assert told.remedy.startswith("name 'The Crew' by an account id of tracker or an e-mail")
    assert desk.folk.calls == []
