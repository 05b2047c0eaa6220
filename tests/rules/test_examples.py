"""Tests inside rules: given a piece of an event, they compare what is asked with what is expected."""

import pytest

from bridge.canonical.kind import standard
from bridge.rules.examples import ExampleResult, run_examples
from rules.fakes import ACTIONS, loaded, rule

CARD = "[{id: task, jira.create_issue: {project: ENG, summary: '${feedback.title}'}}, {teams.post_card: {channel: a, title: 'New ${task.key}'}}]"
PLAIN = "tests: [{name: t, given: {event: feedback.created}, expect: []}]"


def run(tests: str, **about: str) -> ExampleResult:
    text = rule(**about).replace(PLAIN, f"tests:\n      - {tests}")
    (result,) = run_examples(loaded(text), actions=ACTIONS, kinds=standard())
    return result


def test_expected_actions_and_parts_of_their_fields_pass() -> None:
    result = run(
        "{name: t, given: {event: feedback.created, feedback: {title: T}}, expect: "
        "[{jira.create_issue: {summary: T}}, {teams.post_card: {title: 'New ${task.key}'}}]}",
        do=CARD,
    )

    assert result.ok
    assert (result.rule, result.name) == ("r", "t")


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("{name: t, given: {event: feedback.created, feedback: {title: T}}, expect: []}", "expected nothing, got jira.create_issue, teams.post_card"),
        ("{name: t, given: {event: feedback.created, feedback: {title: T}}, expect: [teams.post_card]}", "expected teams.post_card, got jira.create_issue, teams.post_card"),
        ("{name: t, given: {event: feedback.created, feedback: {title: T}}, expect: [teams.post_card, jira.create_issue]}", "expected teams.post_card, jira.create_issue, got"),
        ("{name: t, given: {event: feedback.created, feedback: {title: T}}, expect: [{jira.create_issue: {summary: U}}, teams.post_card]}", "jira.create_issue: summary: expected 'U', got 'T'"),
        ("{name: t, given: {event: feedback.created, feedback: {title: T}}, expect: [{jira.create_issue: {priority: High}}, teams.post_card]}", "jira.create_issue: priority: expected 'High', got nothing"),
        ("{name: t, given: {event: feedback.created, feedback: {title: T}}, expect: [jira.create]}", "no action `jira.create`"),
        ("{name: t, given: {event: feedback.created}, expect: [jira.create_issue]}", "cannot be evaluated"),
        ("{name: t, given: {event: feedback.created, feedbak: {title: T}}, expect: []}", "unknown key `feedbak`; did you mean `feedback`?"),
        ("{name: t, given: {event: feedback.created, feedback: {titel: T}}, expect: []}", "did you mean `title`?"),
        ("{name: t, given: {event: feedback.created, feedback: {score: many}}, expect: []}", "score: no number"),
        ("{name: t, given: {event: feedback.created, feedback: {customer: {nme: A}}}, expect: []}", "customer has no field `nme`"),
        ("{name: t, given: {event: work_item.created}, expect: []}", "the rule is not about work_item.created"),
        ("{name: t, given: {event: feedback.created, changed: [titel]}, expect: []}", "no field `titel`"),
        ("{name: t, given: {event: feedback.created, now: soon}, expect: []}", "not a time: 'soon'"),
        ("{name: t, given: {event: feedback.created, linked: [{role: task}]}, expect: []}", "a linked record stands under its kind"),
    ],
)  # fmt: skip
def test_a_test_that_fails_says_what_differs(tests: str, said: str) -> None:
    result = run(tests, do=CARD)

    assert not result.ok
    assert result.problem is not None
    assert said in result.problem.text
    assert result.problem.file == "rules/r.yaml"
    assert result.problem.line == 9


def test_a_no_says_why_in_the_test_too() -> None:
    result = run(
        "{name: t, given: {event: feedback.created, feedback: {severity: low}}, expect: [teams.post_card]}",
        condition='feedback.severity == "high"',
    )

    assert result.problem is not None
    assert "expected teams.post_card, got nothing (feedback.severity is low)" in result.problem.text


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        ("before: {severity: low}, feedback: {severity: high}", "[teams.post_card]"),
        ("before: {severity: high}, feedback: {severity: high}", "[]"),
        ("changed: [severity], feedback: {severity: high}", "[teams.post_card]"),
        ("feedback: {severity: high}", "[]"),
        ("before: {}, feedback: {severity: high}", "[teams.post_card]"),
        ("changed: [severity], origin: own, feedback: {severity: high}", "[]"),
    ],
)
def test_changes_come_from_before_or_are_named(given: str, expect: str) -> None:
    result = run(
        f"{{name: t, given: {{event: feedback.updated, {given}}}, expect: {expect}}}",
        when="feedback.updated",
        condition="changed.severity",
    )

    assert result.ok, result.problem


def test_an_event_of_another_trigger_asks_for_nothing() -> None:
    result = run(
        "{name: t, given: {event: feedback.updated, feedback: {requested: true}}, expect: []}",
        when="feedback.requested",
    )

    assert result.ok


def test_now_and_linked_records_can_be_given() -> None:
    result = run(
        "{name: t, given: {event: feedback.created, now: 2026-02-01, feedback: {promised: 2026-01-31}, "
        "linked: [{work_item: {status: done}, key: ENG-1, rollup: {total: 1, done: 1}}]}, "
        "expect: [{jira.update_issue: {summary: ENG-1 done 1, issue: 'test:work_item:1'}}]}",
        condition="has(feedback.promised) && feedback.promised < now",
        do="[{connection: jira, jira.update_issue: {summary: '${linked.key} ${work_item.status} ${rollup.done}'}}]",
        more="each: work_item",
    )

    assert result.ok, result.problem
