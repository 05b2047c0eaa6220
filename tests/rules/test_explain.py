"""The page that explains an event: every rule, and why it did or did not match."""

from bridge.canonical.event import Change
from bridge.ledger.facts import Facts
from bridge.rules.engine import decide
from bridge.rules.explain import explain_event
from rules.fakes import NOW, event, loaded, rule


def test_every_rule_is_on_the_page_with_its_reason() -> None:
    match = rule(
        do="[{id: task, jira.create_issue: {project: E, summary: s}}, {teams.post_card: {channel: a, title: '${task.key}'}}]"
    )
    no = rule(condition='feedback.severity == "low"').split("rules:\n")[1].replace("id: r", "id: s")
    bad = rule(condition='maps.priority["x"] == "y"').split("rules:\n")[1].replace("id: r", "id: t")
    change = Change(field="title", before="old words", after="new words")
    happened = event({"severity": "high", "title": "new words"}, changes=(change,))
    decisions = decide(happened, Facts(now=NOW), loaded(match + no + bad))

    page = explain_event(happened, decisions, ["dlv_1 succeeded ENG-1"])

    assert "feedback.created  salesforce:Case:1" in page
    assert "Rules: 3 looked at, 1 matched" in page
    assert "  r: matched\n      task: jira.create_issue on jira (project, summary)" in page
    assert "teams.post_card: teams.post_card on teams (channel, title), waits for task" in page
    assert "  s: did not match\n      feedback.severity is high" in page
    assert "  t: cannot be evaluated" in page
    assert "at rules/r.yaml:18:10" in page
    assert "  dlv_1 succeeded ENG-1" in page
    assert "changed   title" in page
    assert "words" not in page


def test_an_event_nobody_asked_about_says_so() -> None:
    happened = event({}, kind="comment.created", stale=True)

    page = explain_event(happened, (), ())

    assert "No rule is about this kind of event." in page
    assert "No deliveries." in page
    assert "a newer state of the record was known already" in page
