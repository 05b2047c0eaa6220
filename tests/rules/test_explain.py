"""The page that explains an event: every rule, why it did or did not match, and what it writes."""

from dataclasses import replace

from bridge.canonical.event import Change
from bridge.canonical.kind import standard
from bridge.ledger.facts import Due, Facts
from bridge.rules.account import Wanted
from bridge.rules.explain import tell
from rules.fakes import NOW, event, loaded, rule

KIND = standard()["feedback"]
PAGE = """\
feedback created  00004711  salesforce:Case:1
  event     evt_1
  happened  2026-11-23 12:00:00 UTC, recorded 2026-11-23 12:00:00 UTC
  came by   webhook from salesforce
  changed   severity high; title

Rules: 3 looked at, 1 matched

r: matched
  d
  task: create issue at jira
    project: E
    summary: s
  post card at teams, once task is there
    channel: a
    title: (the key of task)

s: did not match
  d
  why not   severity is high; the rule needs low
  it would  if severity is low
  and then  post card at teams

t: cannot be evaluated
  d
  fault     maps.priority["x"] == "y": Key not found in map : "x"
            at rules/r.yaml:18:10
"""


def test_every_rule_is_on_the_page_with_its_reason() -> None:
    match = rule(
        do="[{id: task, jira.create_issue: {project: E, summary: s}}, {teams.post_card: {channel: a, title: '${task.key}'}}]"
    )
    no = rule(condition='feedback.severity == "low"').split("rules:\n")[1].replace("id: r", "id: s")
    bad = rule(condition='maps.priority["x"] == "y"').split("rules:\n")[1].replace("id: r", "id: t")
    changes = (Change(field="severity", after="high"), Change(field="title", after="new words"))
    record = {"severity": "high", "title": "new words", "number": "00004711"}
    happened = event(record, changes=changes)

    page = tell(happened, Facts(now=NOW), loaded(match + no + bad), KIND)

    assert page == PAGE
    assert "words" not in page


def test_an_event_nobody_asked_about_says_so() -> None:
    page = tell(
        event({}, kind="comment.created", stale=True),
        Facts(now=NOW),
        loaded(rule()),
        standard()["comment"],
    )

    assert "No rule is about this kind of event." in page
    assert "a newer state of the record was known already" in page


def test_rules_that_the_event_does_not_concern_are_told_when_asked_for() -> None:
    happened, rules = event({}, kind="feedback.updated"), loaded(rule())

    every = tell(happened, Facts(now=NOW), rules, KIND, wanted=Wanted(every=True))
    named = tell(happened, Facts(now=NOW), rules, KIND, wanted=Wanted(rule="r"))
    other = tell(happened, Facts(now=NOW), rules, KIND, wanted=Wanted(rule="no-such"))

    said = (
        "r: not asked\n  d\n  why not   it waits for feedback created, and this is feedback updated"
    )
    assert said in every
    assert said in named
    assert "r: not asked" not in other


def test_a_change_of_our_own_is_said_to_be_one() -> None:
    page = tell(event({}, origin="own"), Facts(now=NOW), loaded(rule()), KIND)

    said = " ".join(page.split())
    assert "it is a change that Bridge made itself, come back; the rule does not react" in said


def test_who_did_it_is_told_by_kind_and_department_and_not_by_name() -> None:
    actor = {"id": "5b10a2844c20165700ede21g", "name": "Anna", "kind": "person"}
    happened = event({}, actor=actor, department="Support")

    page = tell(happened, Facts(now=NOW), loaded(rule()), KIND)

    assert "  by        person, Support\n" in page
    assert "5b10a" not in page
    assert "Anna" not in page


def test_what_time_brought_about_says_why_just_then_and_for_which_rule() -> None:
    due = Due(rule="r", since=NOW, at=NOW, late=True, said="1 business day after it was created")
    happened = event({}, kind="feedback.unanswered")
    one = rule(when="feedback.unanswered", more="after: 1d")

    mine = tell(happened, Facts(now=NOW, due=due), loaded(one), KIND)
    others = replace(due, rule="s")
    other = tell(happened, Facts(now=NOW, due=others), loaded(one), KIND, wanted=Wanted(every=True))

    said = "1 business day after it was created; Bridge was not there to say so in time"
    assert f"because due at {NOW:%Y-%m-%d %H:%M:%S} UTC: {said}" in " ".join(mine.split())
    assert "\nr: matched\n" in mine
    assert "why not   time made this event for the rule s\n" in other
