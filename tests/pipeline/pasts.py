"""Pasts: what has happened in a town until somebody wants a replay, of every kind there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from bridge.errors import AmbiguousOutcome, PermanentError
from bridge.outbox.search import Filter
from bridge.outbox.tables import State
from bridge.pipeline.replay.wish import Newer, ReplayMode
from pipeline.town import RULES, Town

WEATHERS = st.sampled_from(["fair", "fair", "refused", "lost", "blind", "away"])
TELLING = {
    "Title": st.sampled_from(["old", "newer", "newest"]),
    "Severity": st.sampled_from(["Critical", "Critical", "Low"]),
}
FACTS = st.tuples(st.sampled_from("12"), st.fixed_dictionaries(TELLING), WEATHERS)
FILTERS = st.sampled_from(
    [
        Filter(),
        Filter(state=(State.DEAD,)),
        Filter(rule="task"),
        Filter(rule="update"),
        Filter(connection="tracker"),
        Filter(state=(State.SUCCEEDED, State.ACCEPTED, State.CANCELLED)),
    ]
)
WISHES = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(ReplayMode),
        "newer": st.sampled_from(Newer),
        "force": st.booleans(),
        "new_write_key": st.sampled_from([False, False, True]),
    }
)
# Today's rules: those of then, or others.
TODAY = st.sampled_from([RULES, RULES.replace('"critical"', '"low"')])


@dataclass(frozen=True, kw_only=True)
class Past:
    """`cancelled`: which of the deliveries that can be are cancelled at the end, by their place."""

    facts: list[tuple[str, Mapping[str, Any], str]]
    cancelled: list[int] = field(default_factory=list)
    today: str = RULES

    def happen(self, town: Town) -> None:
        """All of it. Where the tracker is away in the end, what is to go there is under way."""
        for number, fields, weather in self.facts:
            town.clock.advance(180)  # seldom enough that the same error again holds nothing
            _blow(town, weather)
            town.case(number, **fields)
            town.settle()
            if weather in {"lost", "blind"}:
                _wait(town)
            _clear(town)
        town.clock.advance(1)
        dead = [row for row in town.deliveries() if row.state == State.DEAD]
        for place in self.cancelled:
            if dead:
                town.cancel(Filter(ids=(dead[place % len(dead)].id,)))
        town.live_by(self.today)


PASTS = st.builds(
    Past,
    facts=st.lists(FACTS, min_size=2, max_size=6),
    cancelled=st.lists(st.integers(0, 9), max_size=2),
    today=TODAY,
)


def _blow(town: Town, weather: str) -> None:
    """What the tracker does with the next writes."""
    match weather:
        case "refused":
            town.tracker.refusals.append(PermanentError("no project", code="400"))
        case "lost":
            town.tracker.lost.append(AmbiguousOutcome("cut"))
        case "blind":
            town.tracker.lost += [AmbiguousOutcome("cut") for _ in range(3)]
            town.tracker.blind = 9
        case "away":
            town.pause("tracker")


def _wait(town: Town) -> None:
    """Until it is known what became of a lost answer."""
    for _ in range(9):
        if not any(row.state == State.PENDING for row in town.deliveries()):
            return
        town.wait(120)


def _clear(town: Town) -> None:
    town.tracker.refusals.clear()
    town.tracker.lost.clear()
    town.tracker.blind = 0
