"""The mappings we ship load with the real actions, pass their own tests, and are documented."""

import os
import re
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import yaml

from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.check import findings
from bridge.rules.coverage import coverage
from bridge.rules.examples import run_examples, trials
from bridge.rules.folder import read_folder
from bridge.rules.loader import load
from bridge.rules.people import department
from bridge.rules.reference import reference
from bridge.rules.ruleset import RuleSet

ROOT = Path(__file__).parents[2]
CONNECTIONS = {"jira": "jira", "salesforce": "salesforce", "teams": "teams"}


@pytest.fixture(scope="module")
def shipped() -> RuleSet:
    files = read_folder(ROOT / "mappings")
    return load(files, kinds=standard(), actions=actions(), connections=CONNECTIONS)


def test_the_shipped_mappings_pass_their_own_tests(shipped: RuleSet) -> None:
    results = run_examples(shipped, actions=actions(), kinds=standard())

    assert [result.problem for result in results if not result.ok] == []
    assert {result.rule for result in results} == {
        "sync:case-and-issue",
        *(rule.id for rule in shipped.rules),
    }


def test_every_rule_branch_and_key_of_the_shipped_mappings_has_a_test(shipped: RuleSet) -> None:
    found = coverage(shipped, tuple(trials(shipped, actions=actions(), kinds=standard())))

    assert [f"{gap.file}:{gap.line}: {gap.text}" for gap in found.gaps] == []
    assert {one.rule for one in found.rules} == {
        "all maps",
        "sync:case-and-issue",
        *(rule.id for rule in shipped.rules),
    }


def test_the_example_settings_have_every_channel_that_the_shipped_mappings_name() -> None:
    example = yaml.safe_load((ROOT / "bridge.example.yaml").read_text(encoding="utf-8"))
    rules = (ROOT / "mappings" / "rules").glob("*.yaml")

    named = {
        name for file in rules for name in re.findall(r"channel: (\w+)", file.read_text("utf-8"))
    }

    assert named - {*example["connections"]["teams"]["channels"]} == set()


def test_the_standard_mappings_are_there(shipped: RuleSet) -> None:
    assert {rule.id for rule in shipped.rules} == {
        "feedback-becomes-engineering-task",
        "feedback-update-reaches-task",
        "progress-reaches-board",
        "incident-raised",
        "due-date-passes-promise",
        "one-click-improvement",
        "promise-comes-near",
        "promise-is-broken",
        "feedback-is-unanswered",
        "work-for-a-customer-is-stalled",
    }
    assert {source.kind for source in shipped.sources} == {
        "feedback", "work_item", "comment", "attachment", "release", "sprint", "project",
    }  # fmt: skip


def test_check_finds_nothing_and_a_failing_test_is_found_at_its_line() -> None:
    files = read_folder(ROOT / "mappings")
    broken = files["rules/alerts.yaml"].replace("channel: operations\n", "channel: x\n", 1)
    checked = partial(findings, kinds=standard(), actions=actions(), connections=CONNECTIONS)

    (problem,) = checked({**files, "rules/alerts.yaml": broken})

    assert checked(files) == ()
    assert problem.file == "rules/alerts.yaml"
    assert "test 'an incident is told'" in problem.text
    assert "teams.post_card: channel: expected 'operations', got 'x'" in problem.text


def test_the_sample_people_have_departments_and_dated_roles(shipped: RuleSet) -> None:
    sam = shipped.people.find(["salesforce"], "005Hs000007PqRsIAK")
    dana = shipped.people.find(["jira"], "712020:1f0c")

    assert sam is not None
    assert [role.role for role in sam.roles] == ["agent", "team lead"]
    assert department(sam, date(2026, 1, 1)) == "support"
    assert department(dana, date(2026, 1, 1)) == "engineering"
    assert department(shipped.people.find(["jira"], "nobody"), date(2026, 1, 1)) == "unattributed"


def test_the_reference_is_current() -> None:
    """`UPDATE_GOLDEN=1` writes it anew."""
    page, kept = reference(standard(), actions()), ROOT / "docs" / "mappings.md"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        kept.write_text(page, encoding="utf-8")

    assert kept.read_text(encoding="utf-8") == page


def test_the_reference_names_every_action_kind_and_key() -> None:
    page = reference(standard(), actions())

    for name in (*actions(), *(kind.name for kind in standard()), "write_back", "dead_head"):
        assert f"`{name}`" in page
