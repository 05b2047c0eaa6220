"""Which fields a write would overwrite, as far as the shipped sources tell."""

from pathlib import Path

import pytest

from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.pipeline.caps.overwriting import weight
from bridge.rules.folder import read_folder
from bridge.rules.loader import load
from bridge.rules.ruleset import RuleSet

MAPPINGS = Path(__file__).parents[2] / "mappings"
ISSUE = {
    "title": "Reboots",
    "body": None,
    "priority": "High",
    "labels": ["a"],
    "status": "todo",
    "due": "2026-12-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def shipped() -> RuleSet:
    return load(read_folder(MAPPINGS), kinds=standard(), actions=actions(), connections=None)


@pytest.mark.parametrize(
    ("sets", "known", "overwritten"),
    [
        ({"summary": "Reboots"}, 1, 0),
        ({"summary": "Restarts"}, 1, 1),
        ({"summary": None}, 1, 1),
        ({"description": "it was empty"}, 0, 0),
        ({"customfield_99999": "no source reads it"}, 0, 0),
        ({"customfield_10035": "nobody has shown it"}, 0, 0),
        ({"priority": "High"}, 1, 0),
        ({"priority": {"name": "Low"}}, 1, 1),
        ({"labels": ["a", "b"]}, 1, 1),
        ({"duedate": "2026-12-01"}, 1, 0),
        ({"duedate": "no day"}, 0, 0),
        ({"summary": "Reboots", "duedate": "2027-01-31", "priority": "Low"}, 3, 2),
        ({}, 0, 0),
    ],
)
def test_fields_with_a_value_that_get_another_are_counted(
    shipped: RuleSet, sets: dict[str, object], known: int, overwritten: int
) -> None:
    (source,) = shipped.source_for("jira", "issue")

    found = weight(sets, ISSUE, source)

    assert (found.writes, found.known, found.overwritten) == (1, known, overwritten)


def test_a_word_that_the_map_does_not_have_is_not_known(shipped: RuleSet) -> None:
    (source,) = shipped.source_for("salesforce", "Case")
    case = {"severity": "high"}

    found = [weight({"Severity__c": word}, case, source) for word in ("High", "Low", "Fatal")]

    assert [(one.known, one.overwritten) for one in found] == [(1, 0), (1, 1), (0, 0)]
