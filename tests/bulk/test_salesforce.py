"""Deliveries to Salesforce in one call: partial failures, lost answers, and no record twice in a call."""

from bridge.connectors.salesforce.actions import CreateRecord, UpdateRecord, UpsertRecord
from bridge.connectors.salesforce.comments import AddCaseComment
from bridge.connectors.salesforce.marks import mark
from bridge.outbox.tables import State
from bulk.conftest import AtSalesforce

UPSERT = "composite/sobjects/{object}/{field}"


def test_what_is_due_together_goes_in_one_call(at_salesforce: AtSalesforce) -> None:
    sim, desk = at_salesforce
    ids = desk.owe(
        *(CreateRecord(object="Case", fields={"Subject": str(number)}) for number in range(205))
    )

    desk.settle()

    assert set(desk.states(ids)) == {State.SUCCEEDED}
    assert sim.requests["PATCH", UPSERT] == 2
    assert set(sim.created_by_key().values()) == {1}


def test_records_of_a_call_are_made_in_the_order_they_were_owed(
    at_salesforce: AtSalesforce,
) -> None:
    sim, desk = at_salesforce
    desk.owe(
        *(CreateRecord(object="Case", fields={"Subject": str(number)}) for number in range(30))
    )

    desk.step()

    assert [one["Subject"] for one in sim.records("Case")] == [str(n) for n in range(30)]


def test_only_the_guilty_one_is_dead_and_only_after_it_was_tried_alone(
    at_salesforce: AtSalesforce,
) -> None:
    sim, desk = at_salesforce
    cases = [sim.create_case(Subject="Reboots") for _ in range(4)]
    sim.hold(cases[2])
    good, bad, locked, other = desk.owe(
        UpdateRecord(object="Case", record=cases[0], fields={"Subject": "A"}),
        UpdateRecord(object="Case", record=cases[1], fields={"Severity__c": "No Such"}),
        UpdateRecord(object="Case", record=cases[2], fields={"Subject": "C"}),
        UpdateRecord(object="Case", record=cases[3], fields={"Subject": "D"}),
    )

    first = desk.step()
    second = desk.step()
    sim.let_go(cases[2])
    desk.settle()

    assert first == [State.SUCCEEDED, State.PENDING, State.PENDING, State.SUCCEEDED]
    assert second == [State.DEAD]
    assert desk.states([good, bad, locked, other]) == [
        State.SUCCEEDED,
        State.DEAD,
        State.SUCCEEDED,
        State.SUCCEEDED,
    ]
    assert desk.outcomes(bad) == ["refused_in_bulk", "permanent"]
    assert desk.delivery(bad).error_code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert desk.outcomes(locked) == ["transient", "done"]
    assert sim.record("Case", cases[2])["Subject"] == "C"


def test_comments_whose_answer_is_lost_are_each_looked_for_and_made_once(
    at_salesforce: AtSalesforce,
) -> None:
    sim, desk = at_salesforce
    cases = [sim.create_case(Subject=each) for each in "abc"]
    sim.faults.next("cut_after", method="POST", path_contains="composite")
    ids = desk.owe(*(AddCaseComment(case=case, body="seen") for case in cases))

    desk.step()
    lost = [desk.delivery(one) for one in ids]
    desk.settle()

    assert all(one.find_first and one.error_kind == "ambiguous" for one in lost)
    assert [desk.outcomes(one)[-1] for one in ids] == ["found"] * 3
    marks = [mark(desk.delivery(one).write_key) for one in ids]
    told = [str(sim.case_comments(case)) for case in cases]
    assert [text.count(one) for text, one in zip(told, marks, strict=True)] == [1, 1, 1]
    assert sim.requests["POST", "sobjects/{object}"] == 0


def test_comments_that_never_arrived_are_made_after_two_looks(
    at_salesforce: AtSalesforce,
) -> None:
    sim, desk = at_salesforce
    cases = [sim.create_case(Subject=each) for each in "ab"]
    sim.faults.next("cut_before", method="POST", path_contains="composite")
    ids = desk.owe(*(AddCaseComment(case=case, body="seen") for case in cases))

    desk.settle()

    assert [desk.outcomes(one) for one in ids] == [["ambiguous", "not_found", "done"]] * 2
    assert [len(sim.case_comments(case)) for case in cases] == [1, 1]


def test_creates_whose_answer_is_lost_are_made_again_and_are_there_once(
    at_salesforce: AtSalesforce,
) -> None:
    sim, desk = at_salesforce
    sim.faults.next("cut_after", method="PATCH")
    ids = desk.owe(*(CreateRecord(object="Case", fields={"Subject": each}) for each in "ab"))

    desk.settle()

    assert set(desk.states(ids)) == {State.SUCCEEDED}
    assert set(sim.created_by_key().values()) == {1}


def test_one_record_is_never_twice_in_a_call_and_its_order_holds(
    at_salesforce: AtSalesforce,
) -> None:
    sim, desk = at_salesforce
    case = sim.create_case(Subject="first")
    refs = (f"salesforce:Case:{case}", case, case[:15])
    ids = desk.owe(
        *(
            UpdateRecord(object="Case", record=one, fields={"Subject": str(number)})
            for number, one in enumerate(refs)
        ),
        *(
            UpsertRecord(object="Case", key_field="Bridge_Key__c", key=key, fields={"Subject": key})
            for key in ("one", "ONE", "two")
        ),
    )

    desk.settle()

    newest_only = [State.SUPERSEDED, State.SUPERSEDED, State.SUCCEEDED]
    assert desk.states(ids) == [*newest_only, State.SUCCEEDED, State.SUCCEEDED, State.SUCCEEDED]
    assert sim.record("Case", case)["Subject"] == "2"
    assert sim.created_by_key() == {"one": 1, "two": 1}
    assert all("refused_in_bulk" not in desk.outcomes(one) for one in ids)
