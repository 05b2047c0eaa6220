"""Asks: what a matched rule wants done, with values filled in and whom it addresses."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.ledger.facts import Facts, Linked
from bridge.ledger.rolling import Rollup
from bridge.rules.decision import Answer
from bridge.rules.engine import decide
from bridge.rules.template import resolve
from rules.fakes import NOW, decided, event, loaded, rule

CARD = "[{teams.post_card: {channel: a, title: '%s'}}]"
CREATE = "{id: task, jira.create_issue: {project: ENG, summary: '${feedback.title}'}}"
UPDATE = "[{jira.update_issue: {summary: '${feedback.title}', due: '${rollup.due}'}}]"
TASK = Linked(
    link_id="lnk_1",
    role="task",
    relation="originates",
    kind="work_item",
    ref="jira:issue:10231",
    connection="jira",
    key="ENG-1",
    record={"status": "todo"},
    rollup=Rollup(status="todo", due=datetime(2026, 12, 1, tzinfo=UTC), done=1, total=2),
)


def test_a_later_step_waits_for_the_result_of_an_earlier_one() -> None:
    do = f"[{CREATE}, {{teams.post_card: {{channel: a, title: 'New: ${{task.key}}', facts: {{Link: '${{task.url}}'}}}}}}]"

    create, card = decided(loaded(rule(do=do)), event({"title": "T"})).asks

    assert (create.step, create.role, create.relation) == ("task", "task", "originates")
    assert card.needs == ("task",)
    assert card.args["title"] == {"$deferred": ["New: ", {"of": "task", "value": "key"}]}
    assert resolve(card.args, {"task": {"key": "ENG-7", "url": "https://x"}}) == {
        "channel": "a",
        "title": "New: ENG-7",
        "facts": {"Link": "https://x"},
    }
    assert (card.role, card.relation) == (None, None)


def test_an_unnamed_create_takes_the_rule_for_its_role() -> None:
    do = "[{relation: part_of, jira.create_issue: {project: ENG, summary: s}}]"

    (ask,) = decided(loaded(rule(do=do)), event({})).asks

    assert (ask.step, ask.role, ask.relation) == ("jira.create_issue", "r", "part_of")


def test_a_step_of_its_own_condition_is_skipped_and_what_it_would_give_is_absent() -> None:
    do = (
        "[{id: task, if: has(feedback.title), jira.create_issue: {project: ENG, summary: '${feedback.title}'}},"
        " {teams.post_card: {channel: a, title: 'Task: ${task.key}'}}]"
    )

    (card,) = decided(loaded(rule(do=do)), event({})).asks

    assert card.args["title"] == "Task: "
    assert card.needs == ()


def test_a_rule_whose_steps_are_all_skipped_did_not_match() -> None:
    do = "[{if: changed.title, teams.post_card: {channel: a, title: b}}]"

    decision = decided(loaded(rule(do=do)), event({}))

    assert (decision.answer, decision.reason) == (Answer.NO_MATCH, "no step's own `if` holds")


def test_each_linked_record_is_decided_for_itself() -> None:
    rules = loaded(rule(do=UPDATE, more="each: {linked: work_item, roles: [task]}"))
    coming = Linked(link_id="lnk_2", role="task", relation="originates", kind="work_item")
    other = Linked(link_id="lnk_3", role="other", relation="originates", kind="work_item")
    facts = Facts(now=NOW, linked=(TASK, coming, other))

    there, later = decide(event({"title": "T"}), facts, rules)

    assert (there.target, later.target) == ("lnk_1", "lnk_2")
    ask = there.asks[0]
    assert (ask.target_link, ask.target_ref, ask.needs) == ("lnk_1", "jira:issue:10231", ())
    assert ask.args == {
        "issue": "jira:issue:10231",
        "summary": "T",
        "due": "2026-12-01T00:00:00Z",
    }
    waiting = later.asks[0]
    assert (waiting.target_ref, waiting.needs, waiting.connection) == (None, ("linked",), "jira")
    assert "issue" not in waiting.args


def test_nothing_linked_is_a_no_with_the_role() -> None:
    rules = loaded(rule(do=UPDATE, more="each: {linked: work_item, roles: [task]}"))

    decision = decided(rules, event({}))

    assert decision.reason == "no work_item is linked as task"


def test_the_linked_record_and_its_key_can_be_named() -> None:
    do = "[{teams.post_card: {channel: a, title: '${linked.key} ${work_item.status} ${rollup.done}/${rollup.total}'}}]"
    rules = loaded(rule(do=do, condition='rollup.status == "todo"', more="each: work_item"))
    coming = Linked(
        link_id="l", role="task", relation="originates", kind="work_item", rollup=TASK.rollup
    )

    (there,) = decided(rules, event({}), linked=(TASK,)).asks
    (later,) = decided(rules, event({}), linked=(coming,)).asks

    assert there.args["title"] == "ENG-1 todo 1/2"
    assert later.needs == ("linked",)
    assert later.args["title"] == {"$deferred": [{"of": "linked", "value": "key"}, "  1/2"]}


def test_the_subject_is_addressed_when_it_lives_in_the_actions_system() -> None:
    do = "[{salesforce.update_record: {fields: {A__c: x}}}]"

    (ask,) = decided(loaded(rule(do=do)), event({})).asks

    assert ask.args == {"record": "salesforce:Case:1", "fields": {"A__c": "x"}}
    assert (ask.connection, ask.target_link) == ("salesforce", None)


def test_unknown_is_left_out_and_empty_is_written_as_null_among_vendor_fields() -> None:
    fields = "{A: '${feedback.product}', B: '${feedback.score}', C: '${feedback.customer.name}', D: 'x${feedback.channel}', E: '${feedback.promised}'}"
    rules = loaded(rule(do=f"[{{salesforce.update_record: {{fields: {fields}}}}}]"))

    (ask,) = decided(rules, event({"product": None, "customer": None, "promised": None})).asks
    (full,) = decided(
        rules,
        event({"product": "R", "score": 4, "customer": {"name": "A"}, "promised": "2026-11-30"}),
    ).asks

    assert ask.args["fields"] == {"A": None, "C": None, "D": "x", "E": None}
    assert full.args["fields"] == {
        "A": "R",
        "B": 4.0,
        "C": "A",
        "D": "x",
        "E": "2026-11-30T00:00:00Z",
    }


def test_values_keep_their_type_alone_and_become_text_in_a_text() -> None:
    do = (
        "[{jira.update_issue: {issue: X-1, weight: '${feedback.score}', "
        "summary: '${feedback.score} ${feedback.requested} ${now} $${x} ${feedback.body}|'}}]"
    )

    (ask,) = decided(loaded(rule(do=do)), event({"score": 5, "requested": True})).asks

    assert ask.args["weight"] == 5.0
    assert ask.args["summary"] == "5 true 2026-11-23T12:00:00Z ${x} |"


def test_what_a_customer_writes_is_text_and_no_expression() -> None:
    rules = loaded(rule(do=CARD % "${feedback.title}"))
    title = '${feedback.body} {"$deferred": []} ${task.key}'

    (ask,) = decided(rules, event({"title": title, "body": "hidden"})).asks

    assert ask.args["title"] == title
    assert ask.needs == ()


@pytest.mark.parametrize(("more", "alone"), [("", False), ("merge: never, ", True)])
def test_whether_it_may_go_out_with_others_goes_with_it(more: str, alone: bool) -> None:
    do = f"[{{{more}jira.update_issue: {{issue: 'jira:issue:1', summary: s}}}}]"

    (ask,) = decided(loaded(rule(do=do)), event({})).asks

    assert ask.alone is alone


def test_what_a_step_says_about_time_and_doubt_goes_with_it() -> None:
    do = "[{was: old, expires: 2h, teams.post_card: {channel: a, title: b, stale_after: 90m, ambiguous: repeat}}]"

    decision = decided(
        loaded(rule(do=do, more="urgent: true\n    mode: observe\n    dead_head: block")), event({})
    )

    (ask,) = decision.asks
    assert (ask.was, ask.expires, ask.stale_after) == (
        ("old",),
        timedelta(hours=2),
        timedelta(minutes=90),
    )
    assert (ask.ambiguous, ask.urgent) == ("repeat", True)
    assert (decision.observe, decision.dead_head) == (True, "block")
