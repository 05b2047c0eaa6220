"""A step's `route:`, compiled; and filled: what makes one event of a rule an alert of a group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.calendars import Calendar
from bridge.canonical.text import cut
from bridge.rules.condition import Condition
from bridge.rules.decision import Routing
from bridge.rules.expression import Expression
from bridge.rules.route_form import RouteForm
from bridge.rules.template import MISSING, Filling, Template, expressions, fill, text

LONGEST = 200  # characters of a label's value: silences match it, and a card's head shows it


@dataclass(frozen=True, kw_only=True)
class Route:
    """How the cards of a step are told. `group_by` by the text of its expression."""

    form: RouteForm
    group_by: Mapping[str, Template]
    labels: Mapping[str, Template]
    title: Template | None
    fingerprint: Template | None
    resolve: Condition | None
    quiet: Calendar | None = None  # nothing is told in its quiet hours
    business: Calendar | None = None  # all is told while people work

    def expressions(self) -> Iterator[Expression]:
        """All that filling it evaluates, and its `resolve`."""
        if self.resolve is not None:
            yield self.resolve.whole
        for one in (*self.group_by.values(), *self.labels.values(), self.title, self.fingerprint):
            if one is not None:
                yield from expressions(one)


def routing(route: Route, filling: Filling) -> Routing:
    """The labels and the group of one alert. Raises Unfilled."""
    return Routing(
        group={name: _words(one, filling) for name, one in route.group_by.items()},
        labels={name: _words(one, filling) for name, one in route.labels.items()},
        title=_words(route.title, filling),
        fingerprint=_words(route.fingerprint, filling),
    )


def _words(template: Template | None, filling: Filling) -> str:
    value: Any = MISSING if template is None else fill(template, filling)
    return "" if value is MISSING else cut(text(value), LONGEST)
