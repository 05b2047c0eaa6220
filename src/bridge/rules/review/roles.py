"""Roles that a rule asks linked records for and that no rule gives."""

from collections.abc import Iterator, Sequence

from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.ruleset import Rule


def of_rules(rules: Sequence[Rule]) -> Iterator[Problem]:
    """A warning: links that people made before Bridge came may have any role."""
    given = {step.role for rule in rules for step in rule.steps if step.role}
    for rule in rules:
        for number, role in enumerate(rule.each.roles if rule.each else ()):
            if role not in given:
                text = f"no rule makes a link in the role `{role}`{did_you_mean(role, given)}"
                place = (*rule.site.path, "each", "roles", number)
                yield rule.site.document.problem(place, text).warning()
