"""Whoever changes a shipped rule, however little, is told by its tests or by the check."""

from pathlib import Path

import pytest

from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.folder import read_folder
from bridge.rules.loader import load
from bridge.rules.ruleset import Rule
from rules.fakes import rule
from rules.mutation import CONNECTIONS, of_maps, of_rule, survivors

SHIPPED = read_folder(Path(__file__).parents[2] / "mappings")
LOADED = load(SHIPPED, kinds=standard(), actions=actions(), connections=CONNECTIONS)


@pytest.mark.parametrize("wanted", LOADED.rules, ids=lambda one: str(one.id))
def test_no_change_of_a_shipped_rule_goes_unnoticed(wanted: Rule) -> None:
    mutants = list(of_rule(SHIPPED, wanted))

    assert len(mutants) > 30
    assert survivors(mutants) == []


def test_no_change_of_a_map_that_the_shipped_rules_use_goes_unnoticed() -> None:
    mutants = list(of_maps(SHIPPED))

    assert len(mutants) > 20
    assert survivors(mutants) == []


def test_what_a_weak_test_does_not_see_is_named() -> None:
    """A rule whose one test sees almost nothing: the mutants are real, and they live."""
    condition = '(feedback.severity == "high" && has(feedback.product))'
    files = {"rules/r.yaml": rule(condition=condition)}
    weak = load(files, kinds=standard(), actions=actions(), connections=CONNECTIONS)

    alive = survivors(of_rule(files, weak.rules[0]))

    whole = '((feedback.severity == "high") && has(feedback.product))'
    assert {
        f'r: (feedback.severity == "high") instead of {whole}',
        f"r: has(feedback.product) instead of {whole}",
        f'r: ((feedback.severity == "high") || has(feedback.product)) instead of {whole}',
        "r: feedback.updated instead of feedback.created",
        "r: also by own",
        "r: 0.teams.post_card.channel: other words than 'a'",
    } <= set(alive)
    assert "r: without `if`" not in alive
