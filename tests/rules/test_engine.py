"""Deciding: pure, total, a reason for every no, and asks that can be delivered."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.canonical.event import Actor, ActorKind, Change, Origin
from bridge.canonical.field import Record
from bridge.canonical.kind import Kind, standard
from bridge.connectors.registry import actions
from bridge.ledger.facts import Facts, Linked
from bridge.ledger.rolling import Rollup
from bridge.rules.decision import Answer
from bridge.rules.engine import decide
from bridge.rules.folder import read_folder
from bridge.rules.loader import load
from bridge.rules.ruleset import RuleSet
from rules.fakes import ACTIONS, NOW, decided, event, loaded, problems, rule

MAPPINGS = Path(__file__).parents[2] / "mappings"

CARD = "[{teams.post_card: {channel: a, title: '%s'}}]"
CREATE = "{id: task, jira.create_issue: {project: ENG, summary: '${feedback.title}'}}"
UPDATE = "[{jira.update_issue: {summary: '${feedback.title}', due: '${rollup.due}'}}]"
UNFIT = {"severity": "low", "score": "no number"}
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


def test_without_reasons_only_the_reason_of_a_no_is_another() -> None:
    rules, facts = loaded(rule(condition='feedback.severity == "low"')), Facts(now=NOW)

    (told,) = decide(event({"severity": "high"}), facts, rules)
    (terse,) = decide(event({"severity": "high"}), facts, rules, reasons=False)

    assert terse.reason == "its condition does not hold"
    assert replace(terse, reason=told.reason) == told


def test_a_value_that_no_rule_looks_at_stops_none() -> None:
    found = decided(loaded(rule(condition='feedback.severity == "low"')), event(UNFIT))

    assert found.answer is Answer.MATCHED


@pytest.mark.parametrize(
    ("condition", "do"),
    [
        ("has(feedback.score)", CARD % "x"),
        ("feedback.?score.orValue(1.0) > 0.5", CARD % "x"),
        ('["a"].exists(one, has(feedback.score) && one == "a")', CARD % "x"),
        ("true", CARD % '${has(feedback.score) ? "a" : "b"}'),
        ("true", CARD % "with ${feedback.score} in it"),
        ("true", CARD[:-2] + ", if: has(feedback.score)}]"),
    ],
)
def test_a_value_is_seen_wherever_a_rule_looks_at_it(condition: str, do: str) -> None:
    found = decided(loaded(rule(condition=condition, do=do)), event(UNFIT))

    assert "the record does not fit its kind" in found.reason


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


def test_rules_that_hear_come_in_the_order_of_the_files_each_once(shipped: RuleSet) -> None:
    several = frozenset({"work_item.updated", "work_item.created", "feedback.requested"})

    found = shipped.rules_for(several)

    assert found == tuple(rule for rule in shipped.rules if rule.when & several)
    assert len(found) > 3
    assert shipped.rules_for(frozenset({"feedback.deleted"})) == ()


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
def shipped() -> RuleSet:
    return load(read_folder(MAPPINGS), kinds=standard(), actions=actions(), connections=None)


@pytest.fixture(scope="module")
def wide() -> RuleSet:
    do = (
        f"[{CREATE}, {{teams.post_card: {{channel: a, title: "
        "'${task.key} ${feedback.severity} ${feedback.promised}'}}]"
    )
    return loaded(rule(condition='feedback.severity == "high" || has(feedback.title)', do=do))


@settings(max_examples=200)
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


class Answered(Record):
    question: str | None = None
    points: int | None = None


class Survey(Record):
    """A kind nobody thought of, with whole numbers and a list of records."""

    name: str | None = None
    weight: int | None = None
    answers: tuple[Answered, ...] | None = None


def test_a_new_kind_is_a_model_and_one_call() -> None:
    kinds = standard()
    kinds.register(Kind(name="survey", model=Survey))
    condition = (
        "has(survey.weight) && survey.weight > 2 "
        "&& survey.answers.exists(a, has(a.points) && a.points < 5)"
    )
    text = rule(when="survey.created", condition=condition, do=CARD % "${survey.name}")
    rules = loaded(text, kinds=kinds)
    bad = {"name": "S", "weight": 3, "answers": [{"question": "q"}, {"points": 4}]}
    silent = {**bad, "answers": [{"question": "q"}]}

    assert decided(rules, event(bad, kind="survey.created")).answer is Answer.MATCHED
    assert decided(rules, event(silent, kind="survey.created")).answer is Answer.NO_MATCH
    assert (
        "`a.points` may have no value"
        in problems(text.replace("has(a.points) && ", ""), kinds=kinds)[0]
    )
