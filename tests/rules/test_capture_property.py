"""Whatever happened: its capture passes as a test under the same rule, and holds nobody's words."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.canonical.event import Change, Event, Origin
from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.ledger.facts import Facts, Linked
from bridge.ledger.rolling import USUAL, rolled
from bridge.rules.capture import Wish, capture
from bridge.rules.examples import run_examples
from bridge.rules.folder import read_folder
from bridge.rules.insertion import insert_test
from bridge.rules.loader import load
from bridge.rules.ruleset import Rule
from bridge.rules.yaml_text import block
from properties import SLOW
from rules.fakes import CONNECTIONS, NOW, event

SHIPPED = read_folder(Path(__file__).parents[2] / "mappings")
KNOWN: dict[str, Any] = {"kinds": standard(), "actions": actions(), "connections": CONNECTIONS}
RULES = load(SHIPPED, **KNOWN)
SECRET = "xq7"  # stands in all that is personal or free text
WORDS = st.text("ab :#'\"{}[]-\n", max_size=12).map(lambda text: f"{SECRET}{text}")
PERSON = st.fixed_dictionaries({}, optional={"id": WORDS, "name": WORDS, "email": WORDS})
DAY = st.sampled_from([None, "2026-11-20T00:00:00Z", "2026-12-07T00:00:00Z"])
FEEDBACK = st.fixed_dictionaries(
    {},
    optional={
        "title": st.none() | WORDS,
        "body": st.none() | WORDS,
        "severity": st.sampled_from([None, "critical", "high", "medium", "low"]),
        "product": st.sampled_from([None, "Router", "on", "012"]),
        "number": st.sampled_from(["00001234", "1e3"]),
        "customer": st.sampled_from([None, {"name": "Acme"}, {"name": None}]),
        "contact": st.none() | PERSON,
        "requested": st.sampled_from([None, True, False]),
    },
)
WORK = st.fixed_dictionaries(
    {"key": st.just("ENG-9")},
    optional={
        "title": st.none() | WORDS,
        "type": st.sampled_from(["incident", "task"]),
        "status": st.sampled_from(["todo", "in_progress", "done"]),
        "assignee": st.none() | PERSON,
        "due": DAY,
        "promised": DAY,
        "labels": st.lists(st.sampled_from(["a", "~"]), max_size=2),
    },
)
RECORDS: dict[str, Any] = {
    "feedback": (FEEDBACK, WORK, "work_item"),
    "work_item": (WORK, FEEDBACK, "feedback"),
}


@st.composite
def happenings(draw: st.DrawFn) -> tuple[Rule, Event, Facts]:
    """A shipped rule and an event of its kind of record, as the ledger would have made it."""
    rule = draw(st.sampled_from(RULES.rules))
    kind = rule.kind
    own, far, far_kind = RECORDS[kind]
    act = draw(st.sampled_from(["created", "updated", "updated", "linked", "deleted"]))
    record = draw(own)
    before = draw(st.none() | own) if act != "created" else None
    tracked = standard()[kind].tracked
    old = before or {}
    changes = tuple(
        Change(field=name, before=old.get(name), after=value)
        for name, value in sorted(record.items())
        if name in tracked and value != old.get(name) and (act == "created" or before is not None)
    )
    linked = tuple(
        Linked(link_id=f"l{n}", role=draw(st.sampled_from(["task", "told"])), relation="originates",
               kind=far_kind, ref=f"{far_kind}:x:{n}", connection="jira" if far_kind == "work_item" else "salesforce",
               key="ENG-1", record=one, rollup=rolled([(USUAL, one)]))
        for n, one in enumerate(draw(st.lists(far, max_size=2)))
    )  # fmt: skip
    happened = event(
        record, kind=f"{kind}.{act}", changes=changes, origin=draw(st.sampled_from(Origin))
    )
    return rule, happened, Facts(now=NOW, before=before, linked=linked)


@settings(suppress_health_check=SLOW, deadline=None)
@given(happenings(), st.booleans())
def test_a_capture_passes_and_names_nobody(known: tuple[Rule, Event, Facts], brief: bool) -> None:
    rule, happened, facts = known

    found = capture(happened, facts, rule, RULES, kinds=standard(), wish=Wish(brief=brief))

    assert found.differs == (), block([dict(found.test)])
    file = rule.site.document.file
    text, _ = insert_test(SHIPPED[file], rule.id, found.test)
    alone = {name: text if name == file else content for name, content in SHIPPED.items()}
    results = run_examples(load(alone, **KNOWN), actions=actions(), kinds=standard())
    assert [one.problem for one in results if not one.ok] == []
    assert SECRET not in block([dict(found.test)])
