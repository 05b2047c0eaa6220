"""Tests inside rules: given a piece of an event, they compare what is asked with what is expected."""

from functools import partial

import pytest

from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.examples import run_examples, trials
from bridge.rules.expectation import Field, What
from bridge.rules.trial import ExampleResult
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
        ("{name: t, given: {event: feedback.craeted}, expect: []}", "there is no event `feedback.craeted` of feedback; did you mean `feedback.created`?"),
        ("{name: t, given: {event: feedback.created, changed: [number]}, expect: []}", "no field `number` that is tracked"),
        ("{name: t, given: {event: {kind: feedback.created, subject: ENG-1}}, expect: []}", "not a ref: 'ENG-1'"),
        ("{name: t, given: {event: feedback.created}, expect: [{jira.create_issue: {sumary: T}}]}", "jira.create_issue has no `sumary`; did you mean `summary`?"),
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


def test_a_record_that_was_made_brings_all_it_has_as_changes_as_in_the_ledger() -> None:
    about = {"condition": "changed.severity && !changed.number", "more": "origins: [webhook, poll]"}

    made = run(
        "{name: t, given: {event: feedback.created, feedback: {severity: high, number: '7'}}, "
        "expect: [teams.post_card]}",
        **about,
    )
    wished = run(
        "{name: t, given: {event: feedback.created, feedback: {requested: true}}, expect: [teams.post_card]}",
        when="feedback.requested",
    )

    assert made.ok, made.problem
    assert wished.ok, wished.problem


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("webhook", None),
        ("[webhook, poll, clock]", None),
        ("[poll, own]", "expected teams.post_card, got nothing (the event came by own"),
        ("own", "expected teams.post_card, got nothing (the event came by own"),
    ],
)
def test_of_several_ways_that_an_event_comes_each_is_tried(origin: str, said: str | None) -> None:
    result = run(
        f"{{name: t, given: {{event: feedback.created, origin: {origin}}}, expect: [teams.post_card]}}"
    )

    assert (result.problem is None) is (said is None)
    assert result.problem is None or (said or "") in result.problem.text


def test_of_several_events_each_is_tried_and_the_one_that_fails_is_named() -> None:
    given = "{event: [feedback.deleted, {kind: feedback.updated, stale: true}, feedback.linked], origin: [poll, own]}"

    passes = run(f"{{name: t, given: {given}, expect: []}}")
    fails = run(
        f"{{name: t, given: {given}, expect: []}}", when="[feedback.created, feedback.linked]"
    )

    assert passes.ok, passes.problem
    assert fails.case == "feedback.linked by poll"
    assert fails.problem is not None
    assert fails.problem.text.startswith("test 't', feedback.linked by poll: expected nothing, got")


def test_what_the_event_says_beside_the_record_can_be_given() -> None:
    result = run(
        "{name: t, given: {event: {kind: feedback.created, actor_id: u1, actor_kind: customer, "
        "department: support, subject: 'crm:Case:7', occurred_at: 2026-01-01}}, expect: [teams.post_card]}",
        condition='event.actor_kind == "customer" && event.department == "support" '
        '&& event.subject == "crm:Case:7" && event.connection == "crm" && event.occurred_at < now',
    )

    assert result.ok, result.problem


def test_a_stale_event_is_passed_over_in_a_test_too() -> None:
    result = run(
        "{name: t, given: {event: {kind: feedback.updated, stale: true}}, expect: []}",
        when="feedback.updated",
    )

    assert result.ok, result.problem


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("urgent: true, mode: observe, dead_head: block", None),
        ("id: told, expires: 2h, connection: teams", None),
        ("urgent: false", "teams.post_card: urgent: expected false, got true"),
        ("expires: 3h", "teams.post_card: expires: expected 3h, got 2h"),
        ("role: task", "teams.post_card: role: expected 'task', got null"),
    ],
)
def test_how_an_action_is_sent_can_be_expected(sent: str, said: str | None) -> None:
    result = run(
        f"{{name: t, given: {{event: feedback.created}}, expect: [{{teams.post_card: {{channel: a}}, {sent}}}]}}",
        do="[{id: told, expires: 2h, teams.post_card: {channel: a, title: b}}]",
        more="urgent: true\n    mode: observe\n    dead_head: block",
    )

    assert (result.problem.text if result.problem else None) == (said and f"test 't': {said}")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("{group: {feedback.product: Router}, labels: {team: a}}", None),
        ("{group: {feedback.product: Phone}}", "route.group.feedback.product: expected 'Phone', got 'Router'"),
        ("{labels: {owner: x}}", "route.labels.owner: expected 'x', got nothing"),
    ],
)  # fmt: skip
def test_whom_an_alert_is_told_with_can_be_expected(wanted: str, said: str | None) -> None:
    tests = (
        "{name: t, given: {event: feedback.created, feedback: {product: Router}}, "
        f"expect: [{{teams.post_card: {{channel: a}}, route: {wanted}}}]}}"
    )
    do = "[{route: {group_by: [feedback.product], labels: {team: a}}, teams.post_card: {channel: a, title: b}}]"
    rules = loaded(rule(do=do).replace(PLAIN, f"tests: [{tests}]"), actions=actions())

    (result,) = run_examples(rules, actions=actions(), kinds=standard())

    told = result.problem.text if result.problem else None
    assert told == (said and f"test 't': teams.post_card: {said}")


TWO = "[{id: a, teams.post_card: {channel: a, title: one}}, {id: b, teams.post_card: {channel: b, title: two}}]"


def test_an_expected_action_is_held_against_the_nearest_that_came() -> None:
    result = run(
        "{name: t, given: {event: feedback.created}, expect: [{teams.post_card: {channel: b, title: too}}, jira.create_issue]}",
        do=TWO,
    )

    near, missing, extra = result.differences
    assert (near.what, near.action) == (What.DIFFERENT, "teams.post_card")
    assert near.fields == (Field(path="title", expected="'too'", got="'two'"),)
    assert (missing.what, missing.action) == (What.MISSING, "jira.create_issue")
    assert (extra.what, extra.action) == (What.UNEXPECTED, "teams.post_card")
    assert Field(path="channel", expected="nothing", got="'a'") in extra.fields


def test_what_differs_least_is_told_first() -> None:
    result = run(
        "{name: t, given: {event: feedback.created}, expect: "
        "[{teams.post_card: {channel: x, title: y}}, {teams.post_card: {channel: b, title: y}}]}",
        do=TWO,
    )

    assert [len(one.fields) for one in result.differences] == [1, 2]


def test_tests_are_chosen_by_a_part_of_their_name() -> None:
    rules = loaded(rule().replace(PLAIN, "tests: [{name: One, given: {event: feedback.created}, expect: []}, "
                                         "{name: two, given: {event: feedback.created}, expect: []}]"))  # fmt: skip
    chosen = partial(trials, rules, actions=ACTIONS, kinds=standard())

    assert [one.result.name for one in chosen()] == ["One", "two"]
    assert [one.result.name for one in chosen(name="one")] == ["One"]
