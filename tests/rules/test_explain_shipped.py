"""The page of text over the shipped mappings, as it stands in `pages/`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.canonical.event import Change
from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.ledger.facts import Facts, Linked
from bridge.ledger.rolling import Rollup
from bridge.rules.account import Wanted
from bridge.rules.explain import tell
from bridge.rules.folder import read_folder
from bridge.rules.loader import load
from bridge.rules.ruleset import RuleSet
from golden import assert_golden_text
from rules.fakes import CONNECTIONS, NOW, event

ROOT = Path(__file__).parents[2]
PAGES = Path(__file__).with_name("pages")
CASE = {
    "number": "00001234",
    "title": "Router reboots every night",
    "body": "Since the last update.",
    "severity": "critical",
    "product": "Router",
    "customer": {"ref": "salesforce:Account:1", "name": "Acme"},
    "contact": {"id": "003A", "name": "Anna Smith"},
}
ISSUE = {
    "key": "ENG-12",
    "title": "Router reboots every night",
    "type": "task",
    "status": "in_progress",
    "due": "2026-12-07T00:00:00Z",
    "promised": "2026-11-30T00:00:00Z",
}
TASK = Linked(
    link_id="lnk_1",
    role="task",
    relation="originates",
    kind="work_item",
    ref="jira:issue:10231",
    connection="jira",
    key="ENG-12",
    record=ISSUE,
)
ORIGIN = Linked(
    link_id="lnk_1",
    role="task",
    relation="originates",
    kind="feedback",
    ref="salesforce:Case:500A",
    connection="salesforce",
    key="00001234",
    record=CASE,
    rollup=Rollup(status="in_progress", due=datetime(2026, 12, 7, tzinfo=UTC), done=0, total=1),
)
MOVED = Change(field="due", before="2026-11-20T00:00:00Z", after="2026-12-07T00:00:00Z")
Told = tuple[dict[str, Any], dict[str, Any], Wanted]
PLAIN = Wanted()
TOLD: Mapping[str, Told] = {
    "feedback-that-is-not-serious": (
        {"record": {**CASE, "severity": "low", "product": None}},
        {},
        PLAIN,
    ),
    "feedback-that-is-serious": ({"record": CASE}, {}, PLAIN),
    "feedback-that-was-there-before": ({"record": CASE, "origin": "backfill"}, {}, PLAIN),
    "feedback-that-changed": (
        {
            "record": {**CASE, "severity": "high"},
            "kind": "feedback.updated",
            "changes": (Change(field="severity", before="critical", after="high"),),
        },
        {"linked": (TASK,)},
        PLAIN,
    ),
    "feedback-that-changed-in-nothing-that-matters": (
        {
            "record": CASE,
            "kind": "feedback.updated",
            "changes": (Change(field="status", before="todo", after="done"),),
        },
        {"linked": (TASK,)},
        PLAIN,
    ),
    "feedback-that-changed-and-is-linked-with-nothing": (
        {"record": CASE, "kind": "feedback.updated", "changes": (Change(field="title"),)},
        {},
        PLAIN,
    ),
    "one-click": (
        {
            "record": {**CASE, "requested": True},
            "kind": "feedback.updated",
            "changes": (Change(field="requested", before=False, after=True),),
        },
        {},
        Wanted(rule="one-click-improvement"),
    ),
    "work-that-slips": (
        {"record": ISSUE, "kind": "work_item.updated", "changes": (MOVED,)},
        {"linked": (ORIGIN,), "before": {"due": MOVED.before}},
        PLAIN,
    ),
    "work-that-keeps-its-promise": (
        {
            "record": {**ISSUE, "due": "2026-11-30T00:00:00Z"},
            "kind": "work_item.updated",
            "changes": (MOVED,),
        },
        {},
        PLAIN,
    ),
    "work-of-which-the-title-changed": (
        {"record": ISSUE, "kind": "work_item.updated", "changes": (Change(field="title"),)},
        {"linked": (ORIGIN,)},
        PLAIN,
    ),
    "work-that-is-no-incident": (
        {"record": ISSUE, "kind": "work_item.created"},
        {},
        Wanted(rule="incident-raised"),
    ),
    "every-rule": (
        {"record": {**CASE, "severity": "low"}},
        {},
        Wanted(every=True),
    ),
    "revealed": ({"record": CASE}, {}, Wanted(revealed=True)),
}


@pytest.fixture(scope="module")
def shipped() -> RuleSet:
    files = read_folder(ROOT / "mappings")
    return load(files, kinds=standard(), actions=actions(), connections=CONNECTIONS)


@pytest.mark.parametrize("name", TOLD)
def test_the_page_of_an_event_is_as_it_is_kept(shipped: RuleSet, name: str) -> None:
    happened, facts, wanted = TOLD[name]
    told = event(**happened)

    page = tell(told, Facts(now=NOW, **facts), shipped, standard()[told.record_kind], wanted=wanted)

    assert_golden_text(PAGES / f"{name}.txt", page)


@pytest.mark.parametrize("name", [one for one in TOLD if one != "revealed"])
def test_no_page_shows_somebodys_words_or_name(shipped: RuleSet, name: str) -> None:
    happened, facts, wanted = TOLD[name]
    told = event(**happened)

    page = tell(told, Facts(now=NOW, **facts), shipped, standard()[told.record_kind], wanted=wanted)

    assert [word for word in ("reboots", "last update", "Anna", "003A") if word in page] == []


@pytest.mark.parametrize("name", TOLD)
def test_no_page_shows_a_word_of_the_expression_language(shipped: RuleSet, name: str) -> None:
    happened, facts, wanted = TOLD[name]
    told = event(**happened)

    page = tell(told, Facts(now=NOW, **facts), shipped, standard()[told.record_kind], wanted=wanted)

    assert [sign for sign in ("&&", "||", "has(", "==", "${", "feedback.sev") if sign in page] == []
