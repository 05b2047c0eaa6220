"""A stored event as a test: it says what was known, expects what the rule says, and names nobody."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.canonical.event import Actor, ActorKind, Change, Event, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.ledger.facts import Due, Facts, Linked
from bridge.ledger.rolling import Rollup
from bridge.rules.capture import Captured, Uncaptured, Wish, capture
from bridge.rules.examples import run_examples
from bridge.rules.insertion import insert_test
from rules.fakes import ACTIONS, NOW, event, loaded, rule

SOURCES = """\
version: 1
sources:
  - id: cases
    from: {connection: salesforce, object: Case}
    as: feedback
    fields: {title: Subject}
"""
JANE = {"id": "003x", "name": "Jane Doe", "email": "jane@acme.test"}
RECORD = {"title": "Jane's router reboots", "severity": "high", "product": "Router", "number": "00001234",
          "body": None, "customer": {"name": "Acme"}, "contact": JANE, "status_name": None}  # fmt: skip
TASK = "[{id: task, jira.create_issue: {project: ENG, summary: '[${feedback.customer.name}] ${feedback.title}', description: '${feedback.contact.name}'}}, {teams.post_card: {channel: a, title: 'New ${task.key}'}}]"


@pytest.fixture
def captured() -> Callable[..., Captured]:
    """One event as a test of one rule. The test has been put into the file, and it passes there."""

    def run(
        happened: Event, facts: Facts | None = None, wish: Wish | None = None, **about: str
    ) -> Captured:
        text = rule(**about)
        rules = loaded(text, sources=SOURCES)
        known = facts or Facts(now=NOW)
        asked = wish or Wish()
        found = capture(happened, known, rules.rules[0], rules, kinds=standard(), wish=asked)
        if not found.differs:
            more, _ = insert_test(text, "r", found.test)
            results = run_examples(loaded(more, sources=SOURCES), actions=ACTIONS, kinds=standard())
            assert results[-1].problem is None
            assert results[-1].name == found.test["name"]
        return found

    return run


def test_the_record_is_given_the_output_expected_and_nobody_is_named(
    captured: Callable[..., Captured],
) -> None:
    found = captured(event(RECORD), do=TASK)

    assert found.test == {
        "name": "as it was in evt_1",
        "given": {
            "event": "feedback.created",
            "feedback": {
                "title": "Title 1",
                "severity": "high",
                "product": "Router",
                "number": "00001234",
                "customer": {"name": "Acme"},
                "contact": {"id": "person-1", "name": "Person 1", "email": "person1@example.invalid"},
            },
        },
        "expect": [
            {"jira.create_issue": {"project": "ENG", "summary": "[Acme] Title 1", "description": "Person 1"}},
            {"teams.post_card": {"channel": "a", "title": "New ${task.key}"}},
        ],
    }  # fmt: skip
    assert found.replaced == ("contact", "title")
    assert (found.differs, found.because) == ((), ())
    assert "Jane" not in repr(found)


def test_a_change_is_given_by_what_was_before(captured: Callable[..., Captured]) -> None:
    happened = event(
        RECORD,
        kind="feedback.updated",
        origin=Origin.POLL,
        changes=(Change(field="severity", before="low", after="high"),),
    )
    found = captured(
        happened,
        Facts(now=NOW, before={**RECORD, "severity": "low"}),
        Wish(brief=True, name="it got worse"),
        when="feedback.updated",
        condition="changed.severity",
        do="[{teams.post_card: {channel: a, title: '${before.severity} ${feedback.severity}'}}]",
    )

    assert found.test["name"] == "it got worse"
    assert found.test["given"] == {
        "event": "feedback.updated",
        "origin": "poll",
        "before": {"severity": "low"},
        "feedback": {"severity": "high"},
    }
    assert found.test["expect"] == [{"teams.post_card": {"channel": "a", "title": "low high"}}]


def test_a_change_that_nothing_shows_is_named(captured: Callable[..., Captured]) -> None:
    happened = event(
        {"requested": True},
        kind="feedback.updated",
        changes=(Change(field="requested", before=None, after=True),),
    )

    found = captured(happened, when="feedback.requested")

    assert found.test["given"] == {
        "event": "feedback.updated",
        "feedback": {"requested": True},
        "changed": ["requested"],
    }
    assert found.test["expect"] == [{"teams.post_card": {"channel": "a", "title": "b"}}]


def test_linked_records_come_with_their_people_replaced_too(
    captured: Callable[..., Captured],
) -> None:
    linked = Linked(
        link_id="lnk_1",
        role="task",
        relation="mirrors",
        kind="work_item",
        ref="jira:issue:10",
        connection="jira",
        key="ENG-1",
        record={"status": "todo", "assignee": JANE},
        rollup=Rollup(status="todo", total=1, due=NOW),
    )
    away = Linked(
        link_id="lnk_2", role="told", relation="mirrors", kind="comment", record={"body": "x"}
    )
    found = captured(
        event(RECORD, kind="feedback.updated"),
        Facts(now=NOW, linked=(linked, away)),
        when="feedback.updated",
        more="each: {linked: work_item}",
        do="[{connection: jira, jira.update_issue: {summary: '${linked.key} ${work_item.assignee.name} ${rollup.total}'}}]",
    )

    assert found.test["given"]["linked"] == [
        {
            "work_item": {"status": "todo", "assignee": {"id": "person-1", "name": "Person 1", "email": "person1@example.invalid"}},
            "role": "task",
            "relation": "mirrors",
            "ref": "jira:issue:10",
            "connection": "jira",
            "key": "ENG-1",
            "rollup": {"status": "todo", "due": "2026-11-23T12:00:00Z", "done": 0, "total": 1},
        }
    ]  # fmt: skip
    assert found.test["given"]["feedback"]["contact"]["name"] == "Person 1"
    assert found.test["expect"] == [{"jira.update_issue": {"summary": "ENG-1 Person 1 1"}}]


def test_what_the_rule_asks_of_event_and_time_is_given_too(
    captured: Callable[..., Captured],
) -> None:
    actor = Actor(id="u1", name="Jane Doe", kind=ActorKind.CUSTOMER)
    found = captured(
        event(RECORD, actor=actor, department="support", customer="Acme"),
        condition='event.actor_kind == "customer" && event.department == "support" && now > timestamp("2026-01-01T00:00:00Z")',
        do="[{teams.post_card: {channel: a, title: '${event.actor_name} ${event.subject}'}}]",
    )

    given: dict[str, Any] = found.test["given"]
    assert given["event"] == {
        "kind": "feedback.created",
        "subject": "salesforce:Case:1",
        "actor_kind": "customer",
        "department": "support",
        "actor_id": "person-1",
        "actor_name": "Person 1",
    }
    assert given["now"] == "2026-11-23T12:00:00Z"
    assert found.replaced == ("actor", "contact", "title")


def test_a_rule_that_says_no_is_captured_as_that(captured: Callable[..., Captured]) -> None:
    found = captured(event(RECORD), condition='feedback.severity == "low"')

    assert found.test["expect"] == []


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"condition": 'has(feedback.title) && feedback.title.contains("router")'}, "the rule asked for teams.post_card, the test asks for nothing"),
        ({"do": "[{teams.post_card: {channel: a, title: \"${has(feedback.title) && feedback.title.contains('router') ? 'R' : 'other'}\"}}]"}, "teams.post_card: title is another value"),
    ],
)  # fmt: skip
def test_words_on_which_the_outcome_rests_are_named_and_can_be_kept(
    about: dict[str, str], said: str, captured: Callable[..., Captured]
) -> None:
    lost = captured(event(RECORD), **about)
    kept = captured(event(RECORD), None, Wish(keep=["title"]), **about)

    assert lost.differs == (said,)
    assert lost.because == ("title",)
    assert kept.differs == ()
    assert kept.test["given"]["feedback"]["title"] == "Jane's router reboots"
    assert kept.replaced == ("contact",)


def test_a_no_for_another_reason_is_another_outcome(captured: Callable[..., Captured]) -> None:
    found = captured(
        event({"title": "router", "severity": "low"}),
        condition='has(feedback.title) && feedback.title.contains("router") && feedback.severity == "high"',
    )

    assert len(found.differs) == 1
    assert found.differs[0].startswith(
        "the rule said no since feedback.severity is low, the test since"
    )
    assert found.because == ("title",)


def test_a_rule_that_cannot_be_evaluated_makes_no_test(captured: Callable[..., Captured]) -> None:
    with pytest.raises(Uncaptured, match="cannot be evaluated"):
        captured(event({"severity": "low"}), do="[{teams.post_card: {channel: a, title: \"${has(feedback.severity) ? maps.priority[feedback.severity] : 'x'}\"}}]")  # fmt: skip


def test_an_event_that_time_made_comes_due_in_its_test_too(
    captured: Callable[..., Captured],
) -> None:
    since = datetime(2026, 11, 20, tzinfo=UTC)
    due = Due(rule="r", since=since, at=NOW - timedelta(hours=1), said="due")
    happened = event(
        {"key": "ENG-1", "due": "2026-11-20T00:00:00Z", "status": "todo"},
        kind="work.overdue",
        origin=Origin.CLOCK,
        connection="jira",
        subject=Ref("jira", "issue", "1"),
    )

    found = captured(happened, Facts(now=NOW, due=due), when="work.overdue", more="after: 1d")

    assert found.test["given"] == {
        "event": {"kind": "work.overdue", "subject": "jira:issue:1"},
        "work_item": {"key": "ENG-1", "due": "2026-11-20T00:00:00Z", "status": "todo"},
        "since": "2026-11-20T00:00:00Z",
        "now": "2026-11-23T12:00:00Z",
    }
    assert found.test["expect"] == [{"teams.post_card": {"channel": "a", "title": "b"}}]
