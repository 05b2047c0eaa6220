"""Jira's own words, as the simulated sites list them."""

import pytest

from bridge.connectors.jira.vocabulary import VOCABULARY
from bridge.connectors.vocabulary import Holds, Missing
from connectors.jira.sites import World

CREATE, UPDATE, MOVE = (f"jira.{name}_issue" for name in ("create", "update", "transition"))
PATHS = ["priority.name", "status.name", "status.statusCategory.key"]
PATHS += ["summary", "customfield_10020.name", "url"]
TASK: dict[tuple[str, ...], frozenset[str]] = {
    ("project",): frozenset({"ENG"}),
    ("type",): frozenset({"Task"}),
}


def test_lists_give_their_words_and_other_fields_take_any(world: World) -> None:
    words = {path: VOCABULARY.field(world.client, "issue", path).words for path in PATHS}

    assert "High" in words["priority.name"]
    assert "In Progress" in words["status.name"]
    assert "indeterminate" in words["status.statusCategory.key"]
    assert words["summary"] == words["customfield_10020.name"] == words["url"] == ()
    assert VOCABULARY.field(world.client, "comment", "anything").words == ()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("sumary", "Jira has no field `sumary`; did you mean `summary`?"),
        ("Due date", "Jira has no field `Due date`; its id is `duedate`"),
        ("customfield_99999.name", "Jira has no field `customfield_99999`"),
    ],
)
def test_a_field_that_is_not_there_is_told_with_what_is(world: World, path: str, said: str) -> None:
    with pytest.raises(Missing) as caught:
        VOCABULARY.field(world.client, "issue", path)

    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("action", "said", "told"),
    [
        (CREATE, {("summary",): frozenset({"x"}), ("priority",): frozenset({"High"})}, ""),
        (CREATE, {("priority",): frozenset({"Hihg"})}, '`Priority` has no value "Hihg"; did you mean `High`?'),
        (CREATE, {("type",): frozenset({"Tsk"})}, "project ENG has no issue type 'Tsk'; it has: "),
        (CREATE, {("fields", "Sprnt"): frozenset()}, "has no field 'Sprnt'; did you mean `Sprint`?"),
        (UPDATE, {("summary",): frozenset(), ("due",): frozenset({"2027-01-31"})}, ""),
        (UPDATE, {("priority",): frozenset({"Hihg"})}, '`Priority` has no value "Hihg"; did you mean `High`?'),
        (MOVE, {("to",): frozenset({"in progress"})}, ""),
        (MOVE, {("to",): frozenset({"done"})}, ""),
        (MOVE, {("to",): frozenset({"Doen"})}, 'Jira has no status "Doen"; did you mean `Done`?'),
        ("jira.add_comment", {("body",): frozenset({"x"})}, ""),
    ],
)  # fmt: skip
def test_what_a_step_would_be_refused_for_is_told(
    world: World, action: str, said: dict[tuple[str, ...], frozenset[str]], told: str
) -> None:
    whole = TASK | said if action == CREATE else said

    found = [one.text for one in VOCABULARY.step(world.client, action, whole)]

    assert len(found) == bool(told)
    assert told in "".join(found)


def test_what_a_field_holds_is_told_by_its_schema(world: World) -> None:
    texts = ("summary", "description", "customfield_10033")
    paths = (*texts, "duedate", "created", "assignee.accountId", "priority.name", "labels")

    held = {path: VOCABULARY.field(world.client, "issue", path).holds for path in paths}

    assert held == {
        "summary": Holds.TEXT,
        "description": Holds.MARKUP,
        "customfield_10033": Holds.MARKUP,
        "duedate": Holds.DAY,
        "created": Holds.MOMENT,
        "assignee.accountId": Holds.PERSON,
        "priority.name": Holds.CHOICE,
        "labels": None,
    }


def test_the_issue_that_was_changed_last_tells_what_can_be_edited(world: World) -> None:
    world.sim.set_index_lag(0)
    before = VOCABULARY.screen(world.client, "issue")
    world.create()

    found = VOCABULARY.screen(world.client, "issue")

    assert before is None
    assert found is not None
    assert (found.of, {"summary", "duedate"} <= found.fields) == ("ENG-1", True)
    assert "created" not in found.fields
    assert VOCABULARY.screen(world.client, "comment") is None
