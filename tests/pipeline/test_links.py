"""What becomes of a link while its ends are made, mirrored, deleted and restored."""

import pytest

from pipeline.town import RULES, Town, rule


@pytest.fixture
def on_its_way(town: Town) -> Town:
    """A case whose task is being made."""
    town.case("1", Title="Reboots", Severity="Critical", Number="00001")
    town.intake.drain()
    town.clock.advance(1)
    return town


def test_a_case_that_goes_while_its_task_is_made_leaves_a_dead_link(on_its_way: Town) -> None:
    on_its_way.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    on_its_way.settle()

    assert [link.state for link in on_its_way.links()] == ["dead"]
    assert on_its_way.said.down["deleted:crm"].startswith("00001 (crm:Case:1) was deleted at crm")
    assert [row.state for row in on_its_way.deliveries("task")] == ["succeeded", "dead"]
    assert on_its_way.chat.asked == []


def test_a_task_that_goes_before_its_answer_is_recorded_leaves_a_dead_link(
    on_its_way: Town,
) -> None:
    """Its webhooks overtake the answer to the create."""
    on_its_way.issue("1", status="todo", key="T-1")
    on_its_way.clock.advance(1)
    on_its_way.tell("tracker", {"object": "issue", "id": "1", "act": "deleted"})
    on_its_way.intake.drain()

    on_its_way.settle()

    assert [link.state for link in on_its_way.links()] == ["dead"]
    assert "dead: with 00001 (crm:Case:1)" in on_its_way.said.down["deleted:tracker"]
    assert len(on_its_way.tracker.records) == 1
    assert on_its_way.crm.records.get("1", {}).get("Key") is None


def test_what_was_made_for_a_case_that_comes_back_is_linked_again(on_its_way: Town) -> None:
    on_its_way.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    on_its_way.settle()

    on_its_way.case("1", Title="Reboots", Severity="Critical", Number="00001")
    on_its_way.settle()

    assert [(link.state, link.key) for link in on_its_way.links()] == [("live", "T-1")]
    assert len(on_its_way.tracker.records) == 1


def test_two_roles_of_mirrors_make_one_record(town: Town) -> None:
    twin = rule(
        name="twin", do='[{id: twin, relation: mirrors, tracker.create_issue: {summary: "twin"}}]'
    ).partition("rules:\n")[2]
    town.live_by(
        RULES.replace(
            "- id: task\n        tracker", "- id: task\n        relation: mirrors\n        tracker"
        )
        + twin
    )

    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()

    assert town.tracker.asked[:1] == ["create Reboots"]
    assert len(town.tracker.records) == 1
    assert [row.state for row in town.deliveries("twin")] == ["merged"]
