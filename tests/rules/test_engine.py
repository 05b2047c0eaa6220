"""Deciding: pure, total, a reason for every no, and asks that can be delivered."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.canonical.event import Actor, ActorKind, Change, Origin
from bridge.canonical.kind import standard
from bridge.ledger.facts import Facts, Linked, Rollup
from bridge.rules.decision import Answer
from bridge.rules.engine import decide
from bridge.rules.ruleset import RuleSet
from bridge.rules.template import resolve
from rules.fakes import ACTIONS, NOW, decided, event, loaded, rule

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


@pytest.mark.parametrize(
    ("condition", "record", "reason"),
    [
        ('feedback.severity in ["critical", "high"]', {"severity": "low"}, "feedback.severity is low"),
        ('feedback.severity == "low" && has(feedback.product)', {"severity": "low"}, "feedback.product has no value"),
        ('feedback.severity == "low" && has(feedback.product)', {"product": "R"}, "feedback.severity has no value"),
        ("has(feedback.score) && feedback.score < 3.0", {"score": 5}, "feedback.score is 5"),
        ("changed.severity", {}, "changed.severity has no value"),
        ('feedback.title == "secret"', {"title": "anything"}, "feedback.title is (not shown)"),
        ('feedback.product == "A" || feedback.channel == "B"', {"product": "R"}, 'feedback.product == "A" || feedback.channel == "B" is false: feedback.product is R, feedback.channel has no value'),
        ("1 > 2", {}, "1 > 2 is false"),
    ],
)  # fmt: skip
def test_a_no_says_why(condition: str, record: dict[str, Any], reason: str) -> None:
    decision = decided(loaded(rule(condition=condition)), event(record))

    assert (decision.answer, decision.reason) == (Answer.NO_MATCH, reason)


def test_a_missing_map_key_is_an_error_with_what_was_looked_at() -> None:
    do = CARD % '${has(feedback.severity) ? maps.priority[feedback.severity] : "none"}'
    decision = decided(loaded(rule(do=do)), event({"severity": "low"}))

    assert decision.answer is Answer.ERROR
    assert decision.detail["text"] == 'Key not found in map : "low"'
    assert decision.detail["values"] == {"feedback.severity": "low"}
    assert decision.detail["expression"].startswith("has(feedback.severity) ?")
    assert (decision.detail["file"], decision.detail["line"]) == ("rules/r.yaml", 7)
    assert decision.asks == ()


def test_a_condition_that_fails_is_an_error_never_a_no() -> None:
    decision = decided(loaded(rule(condition='maps.priority["none"] == "x"')), event({}))

    assert decision.answer is Answer.ERROR
    assert 'Key not found in map : "none"' in decision.reason
    assert decision.detail["column"] == 10


def test_a_value_the_action_refuses_is_an_error() -> None:
    rules = loaded(rule(do=CARD % "${feedback.title}"))

    decision = decided(rules, event({}))

    assert decision.answer is Answer.ERROR
    assert "title: field required" in decision.reason


def test_a_record_that_does_not_fit_its_kind_is_an_error() -> None:
    decision = decided(loaded(rule(condition="has(feedback.score)")), event({"score": "many"}))

    assert decision.answer is Answer.ERROR
    assert "the record does not fit its kind" in decision.reason


def test_an_origin_the_rule_does_not_take_is_a_no() -> None:
    rules = loaded(rule())
    own = loaded(rule(more="origins: [own]"))

    for origin in (Origin.BACKFILL, Origin.OWN):
        assert decided(rules, event({}, origin=origin)).answer is Answer.NO_MATCH
    for origin in (Origin.WEBHOOK, Origin.POLL, Origin.STREAM, Origin.CLOCK, Origin.MANUAL):
        assert decided(rules, event({}, origin=origin)).answer is Answer.MATCHED
    assert decided(own, event({}, origin=Origin.OWN)).answer is Answer.MATCHED
    assert "came by webhook" in decided(own, event({})).reason


def test_a_stale_update_asks_for_nothing_but_a_stale_create_does() -> None:
    updated = loaded(rule(when="feedback.updated"))

    stale = decided(updated, event({}, kind="feedback.updated", stale=True))

    assert stale.answer is Answer.NO_MATCH
    assert stale.reason.startswith("stale")
    assert decided(loaded(rule()), event({}, stale=True)).answer is Answer.MATCHED


def test_only_rules_with_a_trigger_of_the_event_are_considered() -> None:
    rules = loaded(rule(when="feedback.requested"))
    clicked = Change(field="requested", before=False, after=True)
    facts = Facts(now=NOW)

    assert decide(event({"requested": True}, kind="feedback.updated"), facts, rules) == ()
    (decision,) = decide(
        event({"requested": True}, kind="feedback.updated", changes=(clicked,)), facts, rules
    )
    assert decision.answer is Answer.MATCHED


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


def test_the_event_and_the_record_before_can_be_named() -> None:
    condition = (
        'event.kind == "feedback.updated" && event.actor_id == "u1" && changed.severity '
        '&& before.severity == "low" && event.occurred_at <= now'
    )
    rules = loaded(rule(when="feedback.updated", condition=condition))
    change = Change(field="severity", before="low", after="high")
    happened = event(
        {"severity": "high"},
        kind="feedback.updated",
        changes=(change,),
        actor=Actor(id="u1", kind=ActorKind.PERSON),
    )

    assert decided(rules, happened, before={"severity": "low"}).answer is Answer.MATCHED
    assert decided(rules, happened).answer is Answer.NO_MATCH


def test_endless_work_is_an_error_in_bounded_time() -> None:
    hundred = "[" + ",".join(map(str, range(100))) + "]"
    condition = f"{hundred}.all(a, {hundred}.all(b, {hundred}.all(c, a + b + c >= 0)))"

    decision = decided(loaded(rule(condition=condition)), event({}))

    assert decision.answer is Answer.ERROR
    assert "budget" in decision.reason.lower()


def test_many_threads_share_one_rule_set() -> None:
    rules = loaded(
        rule(condition="has(feedback.score) && feedback.score < 3.0", do=CARD % "${feedback.title}")
    )
    wrong: list[object] = []

    def work(score: int) -> None:
        for _ in range(200):
            decision = decided(rules, event({"score": score, "title": f"T{score}"}))
            titles = [ask.args["title"] for ask in decision.asks]
            if titles != ([f"T{score}"] if score < 3 else []):
                wrong.append((score, titles))

    threads = [threading.Thread(target=work, args=(score,)) for score in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


_JSON = (
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5), max_size=3)
)
_FIELDS = sorted({name for kind in standard() for name in kind.model.model_fields})


@pytest.fixture(scope="module")
def wide() -> RuleSet:
    do = (
        f"[{CREATE}, {{teams.post_card: {{channel: a, title: "
        "'${task.key} ${feedback.severity} ${feedback.promised}'}}]"
    )
    return loaded(rule(condition='feedback.severity == "high" || has(feedback.title)', do=do))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(record=st.dictionaries(st.sampled_from(_FIELDS) | st.text(max_size=8), _JSON, max_size=8))
def test_decide_is_total_and_deterministic(wide: RuleSet, record: dict[str, Any]) -> None:
    facts = Facts(now=NOW, before=record)

    first, again = decide(event(record), facts, wide), decide(event(record), facts, wide)

    assert first == again
    assert len(first) == 1
    for ask in first[0].asks:
        assert set(ask.args) <= set(ACTIONS[ask.action].model_fields)


def test_an_error_does_not_quote_what_a_customer_wrote() -> None:
    condition = 'has(feedback.title) && maps.priority[feedback.title] == "High"'

    decision = decided(loaded(rule(condition=condition)), event({"title": "my secret"}))

    assert decision.answer is Answer.ERROR
    assert "secret" not in str(decision)
    assert decision.detail["values"] == {"feedback.title": "(not shown)"}
