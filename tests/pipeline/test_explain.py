"""Why something happened or not, for people who have an event, a number, a key or a URL in hand."""

import pytest
from sqlalchemy import update

from bridge.errors import PermanentError
from bridge.ledger.tables import EventRow
from bridge.outbox.search import Filter
from bridge.pipeline.explaining.event import Question, explain
from bridge.pipeline.replay.wish import ReplayMode
from bridge.rules.account import Wanted
from pipeline.town import RULES, SOURCES, Town

SEEN = "https://crm.test/lightning/r/Case/500Wq00000KfLmNIAV/view"


@pytest.fixture
def told(small_town: Town) -> Town:
    """One case that became a task, and one that did not."""
    fields = {"Number": "00004711", "Title": "Reboots", "Url": "https://crm.test/c/1"}
    small_town.case("500Wq00000KfLmNIAV", Severity="Critical", **fields)
    small_town.case("2", Number="00004712", Title="Typo", Severity="Low")
    small_town.settle()
    small_town.issue("1", key="T-1", status="todo")
    small_town.settle()
    return small_town


@pytest.mark.parametrize(
    "what",
    [
        "crm:Case:500Wq00000KfLmNIAV",
        "00004711",
        "https://crm.test/c/1",
        "https://crm.test/c/1/",
        "https://crm.test/c/1?tab=details#top",
        SEEN,
        SEEN.replace("KfLmNIAV", "KfLmN"),
        "500Wq00000KfLmNIAV",
    ],
)
def test_a_record_is_found_by_whatever_people_have(told: Town, what: str) -> None:
    with told.database.reading() as session:
        (found,) = explain(session, told.world, what)

    assert found.event.subject == "crm:Case:500Wq00000KfLmNIAV"


@pytest.mark.parametrize("what", ["T-1", "t-1", "https://tracker.test/browse/T-1"])
def test_an_issue_is_found_by_its_key(told: Town, what: str) -> None:
    with told.database.reading() as session:
        (found,) = explain(session, told.world, what)

    assert found.event.subject == "tracker:issue:1"


@pytest.mark.parametrize("what", ["", "nothing", "%", "crm:Case", "ENG-1", "https://x.test/"])
def test_what_names_nothing_finds_nothing(told: Town, what: str) -> None:
    with told.database.reading() as session:
        assert explain(session, told.world, what) == []


def test_the_page_says_what_matched_and_what_became_of_it(told: Town) -> None:
    event = told.events("feedback")[0]
    with told.database.reading() as session:
        (found,) = explain(session, told.world, event.id)

    lines, said = found.text.splitlines(), " ".join(found.text.split())
    assert lines[0] == "feedback created  00004711  crm:Case:500Wq00000KfLmNIAV"
    assert "Rules: 1 looked at, 1 matched" in lines
    assert "task: matched" in lines
    assert "  task: create issue at tracker" in lines
    assert "→ sent 2026-11-23 09:00:02 UTC at the first try: T-1 https://tracker.test/T-1" in (said)
    assert "  card: post at chat, once task is there" in lines
    assert "→ taken by chat 2026-11-23 09:00:02 UTC at the first try; chat does not confirm" in said


def test_the_page_says_why_a_rule_did_not_match(told: Town) -> None:
    with told.database.reading() as session:
        (found,) = explain(session, told.world, "00004712")

    assert "  why not   severity is low; the rule needs critical\n" in found.text
    assert "  it would  if severity is critical\n" in found.text
    assert "No deliveries." in found.text


def test_the_page_says_that_something_is_dead_and_why(small_town: Town) -> None:
    small_town.tracker.refusals.append(PermanentError("no project T", code="400"))
    small_town.case("1", Number="00004711", Title="Reboots", Severity="Critical")
    small_town.settle()

    with small_town.database.reading() as session:
        (found,) = explain(session, small_town.world, "00004711")

    assert "at the first try: no project T\n" in found.text
    assert "→ what to do: the vendor refused the values" in found.text
    assert f"→ bridge replay {small_town.deliveries()[0].id}\n" in found.text


def test_decisions_are_shown_as_they_were_made_then(told: Town) -> None:
    told.live_by(RULES.replace('"critical"', '"low"'))

    with told.database.reading() as session:
        (found,) = explain(session, told.world, "00004711")

    assert [decision.answer for decision in found.decisions] == ["matched"]


def test_what_was_decided_again_since_is_shown_too(told: Town) -> None:
    event = told.events("feedback")[1]
    later = told.live_by(RULES.replace('"critical"', '"low"'))
    told.replay(Filter(event=event.id), mode=ReplayMode.REDECIDE)

    with told.database.reading() as session:
        (found,) = explain(session, told.world, event.id)

    assert f"Decided again later:\n  task: matched, with rules {later}\n" in found.text
    assert (
        "Deliveries of other rules:\n  task, task: create issue at tracker: succeeded\n"
        in found.text
    )
    assert "at the first try: T-2 https://tracker.test" in " ".join(found.text.split())


def test_rules_that_no_version_can_load_any_more_hide_nothing_else(told: Town) -> None:
    told.spoil_rules()
    told.forget_compiled()

    with told.database.reading() as session:
        (found,) = explain(session, told.world, "00004711")

    assert "cannot be loaded by this version" in " ".join(found.text.split())
    assert "task, task: create issue at tracker: succeeded\n" in found.text
    assert "What is kept of the decision:\n  task: matched" in found.text


def test_an_event_whose_facts_were_thinned_says_so(told: Town) -> None:
    told.thin_facts()

    with told.database.reading() as session:
        (found,) = explain(session, told.world, "00004711")

    assert "What it was decided with is not kept any more." in found.text


def test_a_delivery_leads_to_the_event_it_is_owed_for(told: Town) -> None:
    (found,) = told.why(told.deliveries()[0].id)

    assert found.event.id == told.events("feedback")[0].id
    assert told.why("dlv_of_nothing") == []


def test_the_page_says_what_it_rests_on_and_that_the_rules_were_changed_since(told: Town) -> None:
    then = told.events("feedback")[0].rule_version
    (before,) = told.why("00004711")
    now = told.live_by(RULES.replace('"critical"', '"low"'))
    (after,) = told.why("00004711")

    assert f"  rests on  the facts stored with it, and the rules of then, {then}\n" in before.text
    assert f"of then, {then}; since then the rules were changed, to {now}" in " ".join(
        after.text.split()
    )
    assert after.under == then


def test_other_rules_are_asked_with_the_facts_of_then(told: Town) -> None:
    then = told.events("feedback")[0].rule_version
    files = {"sources/s.yaml": SOURCES, "rules/r.yaml": RULES.replace('"critical"', '"low"')}
    other = told.world.sets.compile(files)

    (found,) = told.why("00004711", Question(under=other))
    (low,) = told.why("00004712", Question(under=other))

    said = " ".join(found.text.split())
    assert f"under the rules {other.hash}; it was decided under {then}" in said
    assert "severity is critical; the rule needs low" in said
    assert "Deliveries of other rules: task, task: create issue at tracker: succeeded" in said
    assert [one.answer for one in low.decisions] == ["matched"]
    assert low.deliveries == ()


def test_rules_that_an_event_does_not_concern_are_told_when_asked_for(told: Town) -> None:
    (plain,) = told.why("00004712")
    (every,) = told.why("00004712", Question(wanted=Wanted(every=True)))

    assert "update: not asked" not in plain.text
    assert "update: not asked" in every.text


def test_a_condition_is_shown_as_the_rule_writes_it_only_when_asked_for(told: Town) -> None:
    (plain,) = told.why("00004712")
    (with_cel,) = told.why("00004712", Question(cel=True))

    assert "feedback.severity ==" not in plain.text
    assert '  if        feedback.severity == "critical"\n' in with_cel.text


def test_somebodys_words_are_shown_only_when_revealed(told: Town) -> None:
    (plain,) = told.why("00004711")
    (revealed,) = told.why("00004711", Question(wanted=Wanted(revealed=True)))

    assert "Reboots" not in plain.text
    assert "    summary: Reboots\n" in revealed.text


def test_an_event_that_waits_to_be_decided_says_so(small_town: Town) -> None:
    small_town.case("1", Number="00004711")
    small_town.settle()
    undecided = update(EventRow).values(facts={}, rule_version=None, matched=None)
    small_town.act(lambda session: session.execute(undecided))

    (found,) = small_town.why("00004711")

    assert "  unknown   It has not been decided yet.\n" in found.text
