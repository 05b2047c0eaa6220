"""The rules of the benchmark: many of them load, and the event is for one alone."""

import pytest

from bench.many_rules import EVENT, FACTS, MEANT, SYSTEMS, many
from bridge.canonical.kind import standard
from bridge.connectors.registry import actions
from bridge.rules.decision import Answer
from bridge.rules.engine import decide
from bridge.rules.loader import load


@pytest.mark.parametrize("alike", [False, True])
def test_the_event_is_for_one_of_many_rules(alike: bool) -> None:
    rules = load(many(30, alike=alike), kinds=standard(), actions=actions(), connections=SYSTEMS)

    found = decide(EVENT, FACTS, rules)

    matched = [one.rule for one in found if one.answer is not Answer.NO_MATCH]
    assert len(rules.rules) == 30
    assert matched == [f"{MEANT}-0"]
    assert len(found) == 30 if alike else len(found) < 30
