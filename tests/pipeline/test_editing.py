"""A dead delivery goes out with other values, as one of its own; what is personal is not told."""

from typing import Any

import pytest

from bridge.errors import PermanentError
from bridge.outbox.search import Filter
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.acts import editing
from bridge.pipeline.acts.editing import Edit, Edited, NotTaken
from bridge.pipeline.replay.wish import ReplayMode
from pipeline.town import RULES, Town, rule

REFUSED = PermanentError("no such priority", code="400")
MAKES = rule(
    do='[{tracker.create_issue: {summary: "${feedback.title}", priority: Urgent}}]', name="make"
)


@pytest.fixture
def dead(town: Town) -> Town:
    """A task that was refused for its priority."""
    town.live_by(MAKES)
    town.tracker.refusals.append(REFUSED)
    town.case("1", Title="Reboots at Anna Smith's", Severity="Critical")
    town.settle()
    return town


def edited(town: Town, row: DeliveryRow, **values: Any) -> Edited:
    """Somebody changes these values."""
    now, wish = town.clock.now(), Edit(values=values)
    done: Edited = town.act(
        lambda session: editing.edit(
            session, town.world, row, wish, by="ann", why="Urgent is gone", now=now
        )
    )
    return done


def test_it_goes_out_with_the_new_values_and_the_old_one_is_superseded(dead: Town) -> None:
    (old,) = dead.deliveries("make")

    made = edited(dead, old, priority="High")
    dead.settle()

    old, new = dead.deliveries("make")
    assert dead.tracker.records == {"1": {"summary": "Reboots at Anna Smith's", "priority": "High"}}
    assert (old.state, old.superseded_by, old.reason) == (
        "superseded",
        made.row.id,
        "edited by ann: Urgent is gone",
    )
    assert (new.state, new.write_key) == ("succeeded", old.write_key)
    assert dead.crm.records["1"]["Key"] == "T-1"
    assert dead.said.down == {}


def test_a_value_that_may_tell_a_customers_words_is_not_shown(dead: Town) -> None:
    """The title is the customer's; the priority is a word of the rule."""
    (old,) = dead.deliveries("make")

    made = edited(dead, old, priority="High", summary="Call Anna")

    assert [(one.name, one.before, one.after) for one in made.changes] == [
        ("summary", "(not shown)", "(not shown)"),
        ("priority", "Urgent", "High"),
    ]


def test_a_replay_of_it_keeps_the_edit(dead: Town) -> None:
    (old,) = dead.deliveries("make")
    dead.tracker.refusals.append(REFUSED)
    made = edited(dead, old, priority="Higher")
    dead.settle()

    dead.replay(Filter(ids=(made.row.id,)))
    dead.wait(61)  # it is looked for twice, a settle time apart

    assert dead.tracker.records["1"]["priority"] == "Higher"


def test_a_plan_that_decides_again_says_that_an_edit_would_go(dead: Town) -> None:
    (old,) = dead.deliveries("make")
    dead.tracker.refusals.append(REFUSED)
    edited(dead, old, priority="Higher")
    dead.settle()

    plan = dead.plan(Filter(state=(State.DEAD,)), mode=ReplayMode.REDECIDE)

    assert plan.counts["edited"] == 1


def test_what_may_have_happened_is_found_and_said(dead: Town) -> None:
    """Its answer was lost for good: the issue may be there, with the old values."""
    (old,) = dead.deliveries("make")
    dead.doubt(old.id)

    assert "it may have happened with the old values" in edited(dead, old, priority="High").warning


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"prio": "High"}, "prio: extra inputs are not permitted"),
        ({"priority": ["High"]}, "priority: input should be a valid string"),
        ({"fields.x": "High"}, "there is no fields.x: it has priority, summary"),
        ({"priority": "Urgent"}, "nothing would change: it has these values already"),
    ],
    ids=["unknown", "wrong type", "no place", "the same"],
)
def test_values_that_its_action_does_not_take_are_refused(
    dead: Town, values: dict[str, Any], why: str
) -> None:
    (old,) = dead.deliveries("make")

    with pytest.raises(NotTaken, match=why):
        edited(dead, old, **values)

    assert [row.state for row in dead.deliveries("make")] == ["dead"]


def test_only_what_is_dead_can_be_edited_and_not_which_record_it_is_about(town: Town) -> None:
    town.live_by(RULES)
    old = town.dead_update(then="newest")

    with pytest.raises(NotTaken, match="issue says which record it is about, and stays"):
        edited(town, old, issue="tracker:issue:2")
    with pytest.raises(NotTaken, match="it is succeeded; only what is dead can be edited"):
        edited(town, town.deliveries("update")[-1], summary="x")


def test_one_that_waits_for_a_dead_create_stays_dead_and_says_so(town: Town) -> None:
    town.tracker.refusals.append(REFUSED)
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    (card,) = town.deliveries("task", step="card")

    made = edited(town, card, channel="another")

    assert made.row.state == "dead"
    assert "the create it waits for is dead" in made.row.reason
