"""What becomes of a link while its ends are made, mirrored, moved, merged, deleted and restored."""

import pytest

from bridge.errors import PermanentError
from bridge.ledger import links
from bridge.outbox.search import Filter
from bridge.outbox.tables import State
from ledger.sightings import wanted
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


def test_rules_hear_of_the_link_of_a_task_whose_first_message_was_lost(on_its_way: Town) -> None:
    """All that tells of it is a later change, which is of nothing that a rule asks for."""
    on_its_way.settle()
    before = len(on_its_way.events("work_item.linked"))

    for key in ("T-1", "OPS-1"):
        on_its_way.clock.advance(1)
        fields = {"status": "todo", "key": key}
        told = {"object": "issue", "id": "1", "act": "updated", "fields": fields}
        on_its_way.tell("tracker", told)
        on_its_way.settle()

    assert before == 0
    assert [row.record["status"] for row in on_its_way.events("work_item.linked")] == ["todo"]


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


def test_what_is_made_for_a_case_that_is_merged_belongs_to_the_winner(on_its_way: Town) -> None:
    on_its_way.case("2", Title="The same", Severity="Low", Number="00002")
    on_its_way.intake.drain()

    on_its_way.merge("1", into="2")

    (link,) = on_its_way.links()
    assert (link.left_ref, link.key, link.state) == ("crm:Case:2", "T-1", "live")
    assert on_its_way.crm.records["2"]["Key"] == "T-1"
    assert on_its_way.chat.asked == ["post T-1"]
    assert on_its_way.said.down == {}


def test_so_it_does_when_its_answer_comes_only_after_the_merge(on_its_way: Town) -> None:
    on_its_way.case("2", Title="The same", Severity="Low", Number="00002")
    on_its_way.intake.drain()
    (claimed,) = on_its_way.dispatcher.claim(1, busy={})
    on_its_way.hear_merged("1", into="2")

    on_its_way.dispatcher.dispatch(claimed)
    on_its_way.settle()

    assert [(link.left_ref, link.key) for link in on_its_way.links()] == [("crm:Case:2", "T-1")]
    assert on_its_way.crm.records["2"]["Key"] == "T-1"
    assert on_its_way.said.down == {}


def test_a_create_that_failed_for_a_case_that_is_merged_is_made_for_the_winner_by_a_replay(
    on_its_way: Town,
) -> None:
    on_its_way.tracker.refusals.append(PermanentError("refused", code="400"))
    on_its_way.case("2", Title="The same", Severity="Low", Number="00002")
    on_its_way.settle()

    on_its_way.merge("1", into="2")
    problem = on_its_way.crm.records["2"]["Problem"]
    on_its_way.replay(Filter(state=(State.DEAD,)), why="it is mended")

    assert problem.endswith("the create it waits for is dead: refused")
    assert on_its_way.crm.records["2"]["Key"] == "T-1"
    assert on_its_way.chat.asked == ["post T-1"]


def test_nothing_is_made_for_a_case_that_is_merged_into_one_that_has_it(on_its_way: Town) -> None:
    on_its_way.settle()
    on_its_way.case("2", Title="The same", Severity="Critical", Number="00002")
    on_its_way.intake.drain()

    on_its_way.merge("2", into="1")

    assert [(link.left_ref, link.key) for link in on_its_way.links()] == [("crm:Case:1", "T-1")]
    assert len(on_its_way.tracker.records) == 1
    assert [row.state for row in on_its_way.deliveries("task")[2:]] == ["cancelled", "cancelled"]
    assert on_its_way.said.down == {}


def test_what_was_made_meanwhile_for_a_winner_that_has_its_own_is_told(on_its_way: Town) -> None:
    on_its_way.settle()
    on_its_way.case("2", Title="The same", Severity="Critical", Number="00002")
    on_its_way.intake.drain()
    (claimed,) = on_its_way.dispatcher.claim(1, busy={})
    on_its_way.hear_merged("2", into="1")

    on_its_way.dispatcher.dispatch(claimed)
    on_its_way.settle()

    states = {link.left_ref: (link.state, link.key) for link in on_its_way.links()}
    assert states == {"crm:Case:1": ("live", "T-1"), "crm:Case:2": ("dead", "T-2")}
    assert "00002 (crm:Case:2) was deleted" in on_its_way.said.down["deleted:crm"]


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


@pytest.fixture
def linked(town: Town) -> Town:
    """Two cases, each with its task; boards are kept."""
    board = rule(
        name="board",
        when="work_item.linked",
        more="each: {linked: feedback}\n    origins: [own]",
        do='[{crm.update_record: {fields: {Column: "${rollup.total}"}}}]',
    ).partition("rules:\n")[2]
    town.live_by(RULES + board)
    for number in ("1", "2"):
        town.case(number, Title=f"Reboots {number}", Severity="Critical", Number=f"0000{number}")
        town.settle()
        town.issue(number, key=f"T-{number}", status="todo")
        town.settle()
    return town


def test_an_issue_that_moves_keeps_its_link_which_shows_the_new_key(linked: Town) -> None:
    """Whatever else changed: a key alone makes no event."""
    events = len(linked.events())

    linked.issue("1", key="OPS-9", url="https://tracker.test/OPS-9")
    linked.settle()

    assert len(linked.events()) == events
    (link,) = [one for one in linked.links() if one.right_ref == "tracker:issue:1"]
    assert (link.key, linked.record("tracker:issue:1").key) == ("OPS-9", "OPS-9")
    assert linked.crm.records["1"]["Key"] == "OPS-9"
    assert linked.crm.records["1"]["Web"] == "https://tracker.test/OPS-9"
    assert linked.crm.records["2"]["Key"] == "T-2"


def test_a_case_that_is_merged_takes_its_link_to_the_winner(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical", Number="00001")
    town.case("2", Title="The same", Severity="Low", Number="00002")
    town.settle()
    town.issue("1", key="T-1", status="todo")
    town.settle()

    town.merge("1", into="2")

    assert [(link.left_ref, link.key, link.state) for link in town.links()] == [
        ("crm:Case:2", "T-1", "live")
    ]
    assert town.crm.records["2"]["Key"] == "T-1"
    assert town.said.down == {}
    town.case("2", Title="Now here")
    town.settle()
    assert town.tracker.records["1"]["summary"] == "Now here"


def test_rules_hear_of_a_link_that_went_along(linked: Town) -> None:
    linked.case("3", Title="A third", Severity="Low")
    linked.settle()

    linked.merge("1", into="3")

    assert linked.crm.records["3"]["Column"] == 1
    assert [row.kind for row in linked.events("feedback.deleted")] == ["feedback.deleted"]


def test_rules_hear_of_a_link_that_came_back(linked: Town) -> None:
    """While the case was in the bin nobody was told what its task has become."""
    heard = len(linked.events("work_item.linked"))

    for _ in range(2):
        linked.clock.advance(1)
        linked.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
        linked.settle()
        linked.crm.records["1"]["Column"] = None
        linked.clock.advance(1)
        linked.case("1", Title="Reboots 1", Severity="Critical", Number="00001")
        linked.settle()

    assert len(linked.events("work_item.linked")) == heard + 2
    assert linked.crm.records["1"]["Column"] == 1


def test_an_issue_that_moves_while_its_case_is_in_the_bin_shows_its_new_key_afterwards(
    linked: Town,
) -> None:
    linked.clock.advance(1)
    linked.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    linked.settle()
    linked.issue("1", key="OPS-9")
    linked.settle()

    linked.clock.advance(1)
    linked.case("1", Title="Reboots 1", Severity="Critical", Number="00001")
    linked.settle()

    assert "OPS-9" in [link.key for link in linked.links()]
    assert linked.crm.records["1"]["Key"] == "OPS-9"


def test_an_issue_that_is_deleted_while_its_case_is_in_the_bin_is_not_shown_afterwards(
    linked: Town,
) -> None:
    """As below."""
    gone = linked.crm.records.pop("1")
    linked.tell("tracker", {"object": "issue", "id": "1", "act": "deleted"})
    linked.settle()
    linked.clock.advance(1)
    linked.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    linked.settle()

    linked.crm.records["1"] = gone
    linked.clock.advance(1)
    linked.case("1", Title="Reboots 1", Severity="Critical", Number="00001")
    linked.settle()

    assert linked.crm.records["1"]["Key"] is None


def test_a_field_that_could_not_be_written_in_the_bin_is_written_when_the_case_is_back(
    linked: Town,
) -> None:
    """Bridge learns of the deletion only after it has tried to say the new key."""
    gone = linked.crm.records.pop("1")
    linked.issue("1", key="OPS-9")
    linked.settle()
    linked.clock.advance(1)
    linked.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    linked.settle()

    linked.crm.records["1"] = gone
    linked.clock.advance(1)
    linked.case("1", Title="Reboots 1", Severity="Critical", Number="00001")
    linked.settle()

    assert linked.crm.records["1"]["Key"] == "OPS-9"


def test_what_was_owed_to_the_loser_is_cancelled_and_what_it_said_still_goes(linked: Town) -> None:
    linked.case("3", Title="A third", Severity="Low")
    linked.settle()
    linked.issue("1", key="OPS-1", status="todo")
    linked.case("1", Title="The last word", Number="00001")
    linked.intake.drain()

    linked.merge("1", into="3")

    owed = [row for row in linked.deliveries("source:cases") if row.target_ref == "crm:Case:1"]
    assert owed[-1].state == "cancelled"
    assert "merged into crm:Case:3" in owed[-1].reason
    (word,) = linked.deliveries("update")
    (link,) = [one for one in linked.links() if one.right_ref == "tracker:issue:1"]
    assert (word.state, word.target_link) == ("succeeded", link.id)
    assert linked.tracker.records["1"]["summary"] == "The last word"


def test_a_link_that_finds_its_place_taken_is_dead_and_told(linked: Town) -> None:
    linked.merge("1", into="2")

    states = {link.left_ref: (link.state, link.key) for link in linked.links()}
    assert states == {"crm:Case:1": ("dead", "T-1"), "crm:Case:2": ("live", "T-2")}
    assert list(linked.said.down) == ["unlinked:crm"]
    assert "00001 (crm:Case:1) and T-1" in linked.said.down["unlinked:crm"]
    assert linked.crm.records["2"]["Key"] == "T-2"


def test_a_merge_that_is_told_twice_changes_nothing_more(linked: Town) -> None:
    linked.case("3", Title="A third", Severity="Low")
    linked.settle()
    linked.merge("1", into="3")
    before = linked.rows()

    linked.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    linked.settle()

    assert linked.rows() == before


def test_a_case_merged_into_one_that_is_gone_leaves_a_dead_link(linked: Town) -> None:
    linked.case("3", Title="A third", Severity="Low")
    linked.settle()
    linked.clock.advance(1)
    linked.tell("crm", {"object": "Case", "id": "3", "act": "deleted"})
    linked.settle()

    linked.merge("1", into="3")

    assert [link.state for link in linked.links() if link.key == "T-1"] == ["dead"]
    assert list(linked.said.down) == ["deleted:crm"]


def test_work_counts_as_its_role_declares(town: Town) -> None:
    """Here the most advanced of the tasks, and none of what is only a duplicate."""
    board = rule(
        name="board",
        when="work_item.updated",
        more="each: {linked: feedback}",
        do='[{crm.update_record: {fields: {Column: "${rollup.status} of ${rollup.total}"}}}]',
    ).partition("rules:\n")[2]
    declared = "links: {task: {rollup: {status: most}}, duplicates: {rollup: none}}"
    town.live_by(RULES.replace("rules:\n", f"{declared}\nrules:\n") + board)
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    with town.database.transaction() as session:
        for number, role, relation in (("8", "task", "originates"), ("9", "other", "duplicates")):
            more = wanted(
                left_ref="crm:Case:1",
                role=role,
                relation=relation,
                right_connection="tracker",
                slot=number,
            )
            links.adopt(session, more, right_ref=f"tracker:issue:{number}", now=town.clock.now())
    for number, status in (("9", "done"), ("8", "in_progress"), ("1", "done"), ("8", "todo")):
        town.issue(number, key=f"T-{number}", status=status)
        town.settle()

    assert town.crm.records["1"]["Column"] == "done of 2"
    assert town.crm.records["1"]["Status"] == "done (1 of 2 done)"
