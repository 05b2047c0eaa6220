"""What a report shows of a delivery: nothing that a customer may have written."""

import pytest

from bridge.pipeline.dry_run.discretion import told
from bridge.rules.compare import pairs
from bridge.rules.decision import Answer, Ask, Decision, Routing
from dry_run.past import Past
from pipeline.town import RULES, SOURCES


@pytest.mark.parametrize("title", ["Reboots", ""])
def test_how_alerts_are_grouped_is_not_shown(past: Past, title: str) -> None:
    """Its words are filled in from the record."""
    rules = past.town.world.sets.compile({"sources/s.yaml": SOURCES, "rules/r.yaml": RULES})
    then, now = (
        Decision(
            rule="task",
            answer=Answer.MATCHED,
            reason="matched",
            asks=(Ask(step="card", action="chat.post", connection="chat", args={}, route=route),),
        )
        for route in (None, Routing(title=title))
    )

    [found] = told(next(pairs([then], [now])), rules, rules)

    assert (found.name, found.then, found.now) == ("route", "(empty)", "(not shown)")
