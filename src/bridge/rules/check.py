"""Is a set of mappings without fault? The same question in the command, at a start and by API."""

from collections.abc import Mapping
from typing import Any

from bridge.calendars import Calendars
from bridge.canonical.kind import Kinds
from bridge.connectors.action import Action
from bridge.rules.examples import run_examples
from bridge.rules.loader import load
from bridge.rules.problem import MappingProblems, Problem
from bridge.rules.review.constants import Names
from bridge.rules.review.review import review


def findings(
    files: Mapping[str, str],
    *,
    kinds: Kinds,
    actions: Mapping[str, type[Action[Any]]],
    connections: Mapping[str, str] | None,
    calendars: Calendars | None = None,
    names: Names | None = None,
) -> tuple[Problem, ...]:
    """Faults and warnings, by place: mistakes of form; without any, what a review finds, and tests
    that fail. `names` is what the connections' settings name, such as channels."""
    try:
        rules = load(
            files, kinds=kinds, actions=actions, connections=connections, calendars=calendars
        )
    except MappingProblems as error:
        return error.problems
    results = run_examples(rules, actions=actions, kinds=kinds)
    failing = (result.problem for result in results if result.problem is not None)
    return tuple(sorted({*review(rules, names or {}), *failing}))
