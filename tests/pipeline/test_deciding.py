"""Deciding: facts are kept, errors are kept and decided again, events that met no rule are counted."""

import pytest

from bridge.ledger.facts import Facts
from pipeline.town import Town, rule

PRIORITY = "[{tracker.create_issue: {summary: a, priority: '${maps.word[feedback.severity]}'}}]"
BROKEN = rule(do=PRIORITY, more="if: has(feedback.severity)")
MENDED = BROKEN.replace("{critical: Highest}", "{critical: Highest, low: Lowest}")


@pytest.fixture
def stuck(town: Town) -> Town:
    """A case of a severity that the rule's map has no word for."""
    town.live_by(BROKEN)
    town.case("1", Severity="Low")
    town.settle()
    return town


def test_an_event_keeps_the_facts_it_was_decided_with(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    town.case("1", Title="Reboots at night")
    town.settle()

    (event,) = town.events("feedback.updated")
    known = Facts.from_json(event.facts)
    assert known.before == {"title": "Reboots", "severity": "critical"}
    assert [linked.role for linked in known.linked] == ["task"]
    assert (event.considered, event.matched) == (1, 1)


def test_only_decisions_that_matched_or_failed_are_rows(town: Town) -> None:
    town.case("1", Severity="Critical", Title="Reboots")
    town.case("2", Severity="Low")
    town.settle()

    assert [(row.rule, row.answer) for row in town.decisions()] == [("task", "matched")]


def test_events_that_met_no_rule_are_counted(town: Town) -> None:
    town.case("1", Severity="Low")
    town.issue("1", status="todo")
    town.settle()

    assert [row.matched for row in town.events()] == [0, 0]
    assert town.counted.without_match == {"feedback.created": 1, "work_item.created": 1}


def test_our_own_write_that_met_no_rule_is_no_news(town: Town) -> None:
    town.tell("tracker", {"object": "issue", "id": "1", "own": True, "fields": {"status": "todo"}})
    town.settle()

    assert [row.matched for row in town.events()] == [0]
    assert town.counted.without_match == {}


def test_a_rule_that_cannot_be_evaluated_is_kept_with_what_it_looked_at(stuck: Town) -> None:
    (kept,) = stuck.decisions()

    assert kept.answer == "error"
    assert kept.detail["values"] == {"feedback.severity": "low"}
    assert kept.detail["file"] == "rules/r.yaml"
    assert "rule r cannot be evaluated" in stuck.said.down["rule:r"]


def test_an_event_with_an_error_is_not_said_to_have_met_no_rule(stuck: Town) -> None:
    assert [row.matched for row in stuck.events()] == [None]
    assert stuck.counted.without_match == {}


def test_a_mended_rule_decides_its_events_again_by_itself(stuck: Town) -> None:
    stuck.live_by(MENDED)

    stuck.settle()

    assert stuck.tracker.records == {"1": {"summary": "a", "priority": "Lowest"}}
    assert [row.matched for row in stuck.events()] == [1]
    assert [(row.answer, row.mended) for row in stuck.decisions()] == [
        ("error", True),
        ("matched", False),
    ]


def test_a_rule_that_was_taken_out_ends_its_errors(stuck: Town) -> None:
    stuck.live_by(rule(do="[{chat.post: {channel: a, title: b}}]", name="other"))

    stuck.settle()

    assert [row.mended for row in stuck.decisions()] == [True]
    assert stuck.deliveries() == []


def test_what_another_set_could_not_mend_either_stays_an_error(stuck: Town) -> None:
    """There and back again: the first set has failed on this event before."""
    stuck.live_by(BROKEN.replace("summary: a", "summary: b"))
    stuck.settle()
    stuck.live_by(BROKEN)
    stuck.settle()

    assert sum(not row.mended for row in stuck.decisions()) == 1


def test_only_the_rule_that_failed_is_decided_again(town: Town) -> None:
    both = (
        BROKEN
        + "\n"
        + rule(do="[{chat.post: {channel: a, title: b}}]", name="card").partition("rules:\n")[2]
    )
    town.live_by(both)
    town.case("1", Severity="Low")
    town.settle()
    town.live_by(both.replace("{critical: Highest}", "{critical: Highest, low: Lowest}"))

    town.settle()

    assert town.chat.asked == ["post b"]
    assert len(town.tracker.records) == 1


def test_a_mended_event_whose_facts_were_thinned_holds_up_nobody(stuck: Town) -> None:
    stuck.thin_facts()
    stuck.live_by(MENDED)

    stuck.settle()

    assert stuck.tracker.records == {}
    assert [row.mended for row in stuck.decisions()] == [True]
