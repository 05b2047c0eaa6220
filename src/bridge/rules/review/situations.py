"""When a rule, and each of its steps, acts: triggers, origins, links and conditions as boxes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bridge.canonical.timed import TIMED
from bridge.rules.descriptors import Schema
from bridge.rules.review.boxes import ANYTHING, Box, Space
from bridge.rules.review.domain import one_of
from bridge.rules.rule_loader import ACTS
from bridge.rules.ruleset import Condition, Rule, RuleSet, Step

KIND, ORIGIN, ROLE = ("event", "kind"), ("event", "origin"), ("linked", "role")
_MAY_TURN_TRUE = ("created", "updated")  # events in which a yes-or-no field becomes true


@dataclass(frozen=True)
class Situation:
    """One rule with the boxes it acts in."""

    rule: Rule
    space: Space

    @cached_property
    def asked(self) -> tuple[Box, ...]:
        """Where the rule is asked at all, whatever its condition says."""
        triggers = tuple(box for name in sorted(self.rule.when) for box in self._trigger(name))
        origins = (Box({ORIGIN: one_of(str(one) for one in self.rule.origins)}),)
        roles = self.rule.each.roles if self.rule.each else ()
        linked = (Box({ROLE: one_of(roles)}),) if roles else ANYTHING
        return self.space.meet(triggers, origins, linked)

    @cached_property
    def acting(self) -> tuple[Box, ...]:
        """Where its condition holds too."""
        return self.under(self.asked, self.rule.condition)

    def step(self, step: Step) -> tuple[Box, ...]:
        """Where this step is done."""
        return self.under(self.acting, step.condition)

    def under(self, boxes: tuple[Box, ...], condition: Condition | None) -> tuple[Box, ...]:
        if condition is None:
            return boxes
        return self.space.meet(boxes, self.space.boxes(condition.whole.root))

    def _trigger(self, name: str) -> Iterator[Box]:
        kind, _, what = name.partition(".")
        if what in ACTS or name in TIMED:
            yield Box({KIND: one_of([name])})
            return
        for act in _MAY_TURN_TRUE:
            yield Box(
                {
                    KIND: one_of([f"{kind}.{act}"]),
                    (kind, what): one_of([True]),
                    ("changed", what): one_of([True]),
                }
            )


def situations(rules: RuleSet) -> tuple[Situation, ...]:
    """All rules of a set."""
    return tuple(
        Situation(rule, space(rules.schema, rule.world.variables, rules.maps))
        for rule in rules.rules
    )


def space(
    schema: Schema, variables: Mapping[str, str], tables: Mapping[str, Mapping[str, Any]]
) -> Space:
    return Space(schema=schema, variables=variables, tables=tables)
