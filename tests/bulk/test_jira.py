"""Issues made in one call: partial failures, lost answers, and each made once."""

from bridge.connectors.jira.actions import CreateIssue
from bridge.connectors.jira.mark import mark_label
from bridge.outbox.tables import State
from bulk.conftest import AtJira


def task(summary: str, **changes: object) -> CreateIssue:
    return CreateIssue.model_validate(
        {"project": "ENG", "type": "Task", "summary": summary} | changes
    )


def test_what_is_due_together_goes_in_calls_of_fifty(at_jira: AtJira) -> None:
    sim, desk = at_jira
    ids = desk.owe(*(task(str(number)) for number in range(52)))

    desk.settle()

    assert set(desk.states(ids)) == {State.SUCCEEDED}
    assert sim.requests["POST /issue/bulk"] == 2
    assert len(sim.issues()) == 52


def test_issues_of_a_call_are_made_in_the_order_they_were_owed(at_jira: AtJira) -> None:
    sim, desk = at_jira
    ids = desk.owe(*(task(str(number)) for number in range(30)))

    desk.step()

    assert [one["fields"]["summary"] for one in sim.issues()] == [str(n) for n in range(30)]
    keys = [(desk.delivery(one).result or {})["key"] for one in ids]
    assert keys == [f"ENG-{number}" for number in range(1, 31)]


def test_only_the_guilty_one_is_dead_and_only_after_it_was_tried_alone(at_jira: AtJira) -> None:
    sim, desk = at_jira
    good, bad, unknown, other = desk.owe(
        task("a"), task("b", due="someday"), task("c", type="No Such"), task("d", project="OPS")
    )

    first = desk.step()
    desk.settle()

    assert first == [State.SUCCEEDED, State.PENDING, State.PENDING, State.SUCCEEDED]
    assert desk.states([good, bad, unknown, other]) == [
        State.SUCCEEDED,
        State.DEAD,
        State.DEAD,
        State.SUCCEEDED,
    ]
    assert [desk.outcomes(one) for one in (bad, unknown)] == [["refused_in_bulk", "permanent"]] * 2
    assert len(sim.issues()) == 2


def test_a_field_that_jira_refuses_is_shaped_anew_when_it_is_tried_alone(at_jira: AtJira) -> None:
    sim, desk = at_jira
    sim.require("duedate", kind="Task")
    ids = desk.owe(task("a", due="2027-01-31"), task("b"))

    desk.settle()

    assert desk.states(ids) == [State.SUCCEEDED, State.DEAD]
    assert "due" in desk.delivery(ids[1]).reason.lower()


def test_issues_whose_answer_is_lost_are_each_looked_for_and_made_once(at_jira: AtJira) -> None:
    sim, desk = at_jira
    sim.set_index_lag(30)
    sim.faults.next("cut_after", method="POST", path_contains="/issue/bulk")
    ids = desk.owe(*(task(each) for each in "abc"))

    desk.step()
    lost = [desk.delivery(one) for one in ids]
    desk.settle()

    assert all(one.find_first and one.error_kind == "ambiguous" for one in lost)
    assert [desk.outcomes(one) for one in ids] == [["ambiguous", "found"]] * 3
    labels = [mark_label(desk.delivery(one).write_key) for one in ids]
    assert [sim.created_with_label(one) for one in labels] == [1, 1, 1]


def test_issues_that_never_arrived_are_made_alone_after_two_looks(at_jira: AtJira) -> None:
    sim, desk = at_jira
    sim.faults.next("cut_before", method="POST", path_contains="/issue/bulk")
    ids = desk.owe(task("a"), task("b"))

    desk.settle()

    assert [desk.outcomes(one) for one in ids] == [["ambiguous", "not_found", "done"]] * 2
    assert [one["fields"]["summary"] for one in sim.issues()] == ["a", "b"]


def test_a_form_that_cannot_be_read_delays_its_own_issues_alone(at_jira: AtJira) -> None:
    sim, desk = at_jira
    sim.faults.next("server_error_before", path_contains="/createmeta/OPS")
    first, late, same, last = desk.owe(
        task("a"), task("b", project="OPS"), task("c", project="OPS"), task("d")
    )

    desk.step()
    after = desk.states([first, late, same, last])
    desk.settle()

    assert after == [State.SUCCEEDED, State.PENDING, State.PENDING, State.PENDING]
    assert desk.outcomes(late) == ["transient", "done"]
    assert [desk.outcomes(one) for one in (first, same, last)] == [["done"]] * 3
