"""What other rules would have made of the past, against what was made of it."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.errors import PermanentError
from bridge.outbox.search import Filter
from bridge.pipeline.dry_run.allowance import Allowance
from bridge.pipeline.dry_run.report import Progress
from bridge.pipeline.replay.wish import ReplayMode
from dry_run.past import Past
from pipeline.town import RULES, SOURCES, rule

SERIOUS = RULES.replace('== "critical"', 'in ["critical", "high"]')
HIGH = RULES.replace('== "critical"', '== "high"')
ELSEWHERE = RULES.replace("channel: engineering", "channel: ops")
BROKEN = rule(
    name="task",
    more='if: feedback.severity == "critical" && has(feedback.product)',
    do='[{chat.post: {channel: x, title: "${maps.word[feedback.product]}"}}]',
)
DAY = Allowance(connection="tracker", name="daily", seconds=86_400, limit=100)


def test_unchanged_rules_come_to_exactly_what_was_decided(busy_anywhere: Past) -> None:
    found = busy_anywhere.report()

    assert (found.differs, found.unlike, found.events.compared) == (False, 0, 4)
    assert (found.deliveries.then, found.deliveries.now, found.deliveries.differ) == (5, 5, 0)
    assert {one.rule: one.outcomes for one in found.rules} == {
        "task": {"accepted": 2, "succeeded": 2},
        "update": {"succeeded": 1},
    }


def test_a_wider_condition_adds_deliveries_and_names_the_events_it_newly_matches(
    busy: Past,
) -> None:
    found = busy.of("task", SERIOUS)

    assert (found.state, found.matched_then, found.matched_now) == ("changed", 2, 3)
    assert (found.newly_matched, found.no_longer_matched) == (1, 0)
    assert (found.deliveries.added, found.deliveries.removed) == (2, 0)
    example = found.examples["newly_matched"][0]
    assert (example.record, example.subject) == ("0003", "crm:Case:3")
    assert example.reason == "feedback.severity is high"


def test_another_condition_takes_deliveries_away_and_says_why(busy: Past) -> None:
    found = busy.of("task", HIGH)

    assert (found.newly_matched, found.no_longer_matched) == (1, 2)
    assert (found.deliveries.added, found.deliveries.removed) == (2, 4)
    assert [one.record for one in found.examples["no_longer_matched"]] == ["0001", "0002"]
    assert found.examples["no_longer_matched"][0].reason == "feedback.severity is critical"


def test_a_changed_delivery_is_told_field_by_field(busy: Past) -> None:
    found = busy.of("task", ELSEWHERE)

    assert (found.deliveries.changed, found.deliveries.added, found.deliveries.removed) == (2, 0, 0)
    assert found.fields == {"args.channel": 2}
    assert [(one.name, one.then, one.now) for one in found.examples["changed"][0].fields] == [
        ("args.channel", "engineering", "ops")
    ]


def test_what_would_be_sent_is_told_of_an_added_delivery(busy: Past) -> None:
    found = busy.of("task", SERIOUS)

    assert [
        (one.step, [(field.name, field.then, field.now) for field in one.fields])
        for one in found.examples["added"]
    ] == [
        ("task", [("args.summary", None, "(not shown)")]),
        ("card", [("args.channel", None, "engineering"), ("args.title", None, "${task.key}")]),
    ]


def test_what_a_customer_wrote_is_in_no_report(busy: Past) -> None:
    """It may be read by everybody who reads the pull request."""
    other = RULES.replace('summary: "${feedback.title}"', 'summary: "New: ${feedback.title}"')

    found = busy.report(other)

    assert found.deliveries.changed == 3
    assert all(
        word not in found.model_dump_json() for word in ("Reboots", "night", "Crashes", "Typo")
    )


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("urgent: true", "urgent"),
        ("mode: observe", "observe"),
        ("dead_head: block", "dead_head"),
    ],
)
def test_how_a_delivery_goes_is_compared_too(busy: Past, more: str, field: str) -> None:
    found = busy.of(
        "task", RULES.replace("when: feedback.created", f"when: feedback.created\n    {more}")
    )

    assert found.fields == {field: 4}


def test_a_step_that_was_renamed_is_the_same_delivery(busy: Past) -> None:
    renamed = RULES.replace("- id: card", "- id: told\n        was: [card]")

    assert not busy.report(renamed).differs


def test_a_rule_that_is_gone_and_one_that_is_new_are_both_told(busy: Past) -> None:
    found = busy.report(RULES.replace("- id: update", "- id: retitle"))

    assert {
        one.rule: (one.state, one.deliveries.then, one.deliveries.now) for one in found.rules
    } == {
        "task": ("same", 4, 4),
        "update": ("gone", 1, 0),
        "retitle": ("new", 0, 1),
    }


def test_only_the_rules_that_were_asked_for_are_looked_at(busy: Past) -> None:
    found = busy.report(
        ELSEWHERE.replace("update_issue: {summary", "update_issue: {priority"),
        only=frozenset({"update"}),
    )

    assert (found.deliveries.then, found.deliveries.changed) == (1, 1)


def test_records_are_counted_once_however_often_they_are_written(busy: Past) -> None:
    """Two issues were made, and one of them was written again; a card is no record."""
    found = busy.report(HIGH)

    assert (found.records_then.count, found.records_now.count) == (2, 2)
    assert found.records_differ.count == 3


def test_calls_are_held_against_the_quota_of_their_busiest_stretch(busy: Past) -> None:
    busy.town.wait(86_400)
    busy.town.case("4", Title="Slow", Severity="Critical")
    busy.town.settle()

    tracker = busy.report(SERIOUS, allowances=(DAY,)).calls[1]

    assert (tracker.connection, tracker.then, tracker.now) == ("tracker", 4, 5)
    assert [(one.busiest_then, one.busiest_now) for one in tracker.quotas] == [(3, 4)]
    assert (tracker.quotas[0].share_then, tracker.quotas[0].share_now) == (0.03, 0.04)


def test_a_quota_of_each_channel_counts_each_channel(busy: Past) -> None:
    hour = Allowance(connection="chat", name="cards", each_part=True, seconds=3_600, limit=10)

    chat = busy.report(ELSEWHERE, allowances=(hour,)).calls[0]

    assert {one.part: (one.busiest_then, one.busiest_now) for one in chat.quotas} == {
        "channel:engineering": (2, 0),
        "channel:ops": (0, 2),
    }


def test_a_rule_that_would_fail_is_told_with_its_reason(busy: Past) -> None:
    found = busy.of("task", BROKEN)

    assert (found.errors_then, found.errors_now) == (0, 2)
    assert "cannot be evaluated" in found.examples["errors"][0].reason


def test_what_failed_then_and_was_mended_counts_as_it_came_out(past_anywhere: Past) -> None:
    """The rule failed, was mended, and its event was decided again: that is what happened."""
    past_anywhere.town.live_by(BROKEN)
    past_anywhere.town.case("1", Title="Reboots", Severity="Critical", Product="Router")
    past_anywhere.town.settle()
    past_anywhere.town.live_by(RULES)
    past_anywhere.town.settle()

    found = past_anywhere.report()

    assert (found.differs, found.unlike) == (False, 0)
    assert found.deliveries.then == 2


def test_what_is_failing_still_is_decided_as_soon_as_the_candidate_is_active(past: Past) -> None:
    past.town.live_by(BROKEN)
    past.town.case("1", Title="Reboots", Severity="Critical", Product="Router")
    past.town.settle()

    found = past.report()

    assert (found.rules[0].errors_then, found.rules[0].deliveries.added) == (1, 2)
    assert any("decided again as soon as" in one for one in found.notes)


def test_a_field_that_only_a_new_rule_reads_may_make_others_fail(busy: Past) -> None:
    """A record that does not fit its kind is told to no rule; which of its fields are read, all say."""
    busy.rewrite_event(record={"title": "t", "severity": "critical", "score": "many"})
    scores = rule(
        name="scores", more="if: has(feedback.score)", do="[{chat.post: {channel: x, title: y}}]"
    )
    both = RULES + scores[scores.index("  - id: scores") :]

    found = busy.of("task", both, against="active")

    assert (found.state, found.errors_then, found.errors_now) == ("same", 0, 3)


def test_events_of_an_older_set_are_compared_with_what_that_set_decided(busy: Past) -> None:
    busy.town.live_by(SERIOUS)
    busy.town.case("4", Title="Slow", Severity="High")
    busy.town.settle()

    found = busy.report(SERIOUS)

    assert [one.events for one in found.versions] == [4, 1]
    assert found.deliveries.added == 2  # of the case of then that was none of the rule's business
    assert any("4 events were decided by another set" in one for one in found.notes)
    assert not busy.report(SERIOUS, against="active").differs


@pytest.mark.parametrize("mode", list(ReplayMode))
def test_a_replay_is_no_decision_of_then(busy: Past, mode: ReplayMode) -> None:
    busy.town.tracker.refusals.append(PermanentError("no", code="400"))
    busy.town.case("4", Title="Slow", Severity="Critical")
    busy.town.settle()
    busy.town.replay(Filter(rule="task"), mode=mode)

    found = busy.report()

    assert (found.differs, found.unlike) == (False, 0)


def test_a_replay_under_other_rules_is_none_either(busy: Past) -> None:
    busy.town.live_by(ELSEWHERE)
    busy.town.replay(Filter(rule="task"), mode=ReplayMode.REDECIDE, new_write_key=True)

    found = busy.report(RULES)

    assert (found.differs, found.unlike) == (False, 0)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"facts": {}}, "what it was decided with is not kept any more"),
        ({"rule_version": None}, "not decided yet"),
        ({"rule_version": "0123456789abcdef"}, "the rules that decided it are not stored"),
        ({"facts": {"now": "?"}}, "in a form that this version of Bridge cannot read"),
    ],
)
def test_an_event_that_cannot_be_compared_is_counted_with_its_reason(
    busy: Past, values: dict[str, Any], why: str
) -> None:
    busy.rewrite_event(**values)

    found = busy.report(HIGH)

    assert found.events.compared == 0
    assert [why in reason and many for reason, many in found.events.skipped.items()] == [4]


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"args": {"channel": "elsewhere", "title": "T-1"}}, "args"),
        ({"connection": "crm"}, "connection"),
        ({"action": "chat.shout"}, "action"),
        ({"id": "dlv_x"}, "none is stored"),
    ],
)
def test_what_is_stored_proves_that_the_past_is_decided_again_as_it_was(
    past: Past, values: dict[str, Any], what: str
) -> None:
    past.town.live_by(rule(do="[{chat.post: {channel: x, title: y}}]"))
    past.town.case("1", Title="Reboots")
    past.town.settle()
    past.rewrite_deliveries(**values)

    found = past.report(rule(do="[{chat.post: {channel: x, title: y}}]"))

    assert found.unlike == 1
    assert what in found.unlike_examples[0].what


def test_sources_that_differ_are_named_since_they_are_not_tried(busy: Past) -> None:
    found = busy.report(sources=SOURCES.replace("product: Product", "product: Line"))

    assert "Not tried: sources/s.yaml" in " ".join(found.notes)


def test_time_before_the_oldest_event_is_told_to_be_unknown(busy: Past) -> None:
    assert "The oldest event that is stored" in " ".join(busy.report().notes)


def test_only_events_of_the_time_are_looked_at(busy_anywhere: Past) -> None:
    busy_anywhere.town.wait(3_600)
    busy_anywhere.town.case("4", Title="Slow", Severity="Critical")
    busy_anywhere.town.settle()

    assert busy_anywhere.report(since=timedelta(minutes=5)).events.compared == 1


def test_events_of_one_moment_are_on_several_pages(past_anywhere: Past) -> None:
    for number in range(8):
        past_anywhere.town.tell(
            "crm", {"object": "Case", "id": str(number), "fields": {"Title": "t"}}
        )
    past_anywhere.town.settle()

    progress = [(one.done, one.total) for one in past_anywhere.asked() if isinstance(one, Progress)]

    assert progress == [(0, 8), (3, 8), (6, 8)]
    assert past_anywhere.report().events.compared == 8


def test_nothing_is_written_and_nothing_is_sent(busy_anywhere: Past) -> None:
    with busy_anywhere.town.counting() as said:
        busy_anywhere.report(HIGH)

    assert {statement.split()[0] for statement in said} == {"SELECT"}
    asked = list(busy_anywhere.town.tracker.asked)
    busy_anywhere.town.settle()
    assert busy_anywhere.town.tracker.asked == asked
