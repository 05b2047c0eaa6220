"""What would change nothing at a real connector's vendor: one call, and whatever undoes that."""

from collections.abc import Callable

import pytest

from bridge.connectors.jira.actions import UpdateIssue
from bridge.connectors.salesforce.actions import UpdateRecord, UpsertRecord
from bridge.outbox.tables import State
from bulk.conftest import AtJira, AtSalesforce

MINUTE = 60.0
Put = Callable[[str], State | None]


@pytest.fixture
def case(at_salesforce: AtSalesforce) -> str:
    sim, _ = at_salesforce
    return sim.create_case(Subject="Reboots", Jira_Key__c="ENG-1")


@pytest.fixture
def put(at_salesforce: AtSalesforce, case: str) -> Put:
    """Time goes by, and a column of the case is to say so much."""
    _, desk = at_salesforce

    def run(column: str) -> State | None:
        desk.clock.advance(2 * MINUTE)
        desk.owe(UpdateRecord(object="Case", record=case, fields={"Jira_Status__c": column}))
        (state,) = desk.step()
        return state

    return run


@pytest.fixture
def writes(at_salesforce: AtSalesforce) -> Callable[[], int]:
    """The calls that wrote, so far."""
    sim, _ = at_salesforce
    return lambda: sum(count for (how, _), count in sim.requests.items() if how == "PATCH")


def test_the_same_value_twice_is_one_call(put: Put, writes: Callable[[], int]) -> None:
    states = [put("Planned"), put("Planned")]

    assert states == [State.SUCCEEDED, State.UNCHANGED]
    assert writes() == 1


def test_there_and_back_is_three_calls(put: Put, writes: Callable[[], int]) -> None:
    states = [put("Planned"), put("Done"), put("Planned")]

    assert states == [State.SUCCEEDED] * 3
    assert writes() == 3


def test_what_a_person_wrote_over_is_written_again(
    at_salesforce: AtSalesforce, case: str, put: Put
) -> None:
    sim, desk = at_salesforce
    put("Planned")
    desk.clock.advance(MINUTE)
    sim.edit("Case", case, Jira_Status__c="Mine")
    desk.read("Case", case)

    assert put("Planned") == State.SUCCEEDED
    assert sim.record("Case", case)["Jira_Status__c"] == "Planned"


def test_what_an_upsert_wrote_over_is_written_again(
    at_salesforce: AtSalesforce, case: str, put: Put
) -> None:
    """It goes under the external id, and its answer says which record that was."""
    sim, desk = at_salesforce
    put("Planned")
    fields = {"Jira_Status__c": "Done"}
    desk.owe(UpsertRecord(object="Case", key_field="Jira_Key__c", key="ENG-1", fields=fields))
    desk.step()

    assert put("Planned") == State.SUCCEEDED
    assert sim.record("Case", case)["Jira_Status__c"] == "Planned"


def test_a_quarter_of_an_hour_later_it_is_written_again(
    at_salesforce: AtSalesforce, put: Put
) -> None:
    _, desk = at_salesforce
    put("Planned")
    desk.clock.advance(15 * MINUTE)

    assert put("Planned") == State.SUCCEEDED


def test_after_a_lost_answer_it_is_written_again(at_salesforce: AtSalesforce, put: Put) -> None:
    sim, desk = at_salesforce
    put("Planned")
    sim.faults.next("cut_after", method="PATCH", path_contains="sobjects")
    lost = put("Planned in full")
    desk.settle()

    assert lost == State.PENDING
    assert put("Planned in full") == State.SUCCEEDED
    assert put("Planned in full") == State.UNCHANGED


def test_an_issue_is_not_given_what_it_has(at_jira: AtJira) -> None:
    sim, desk = at_jira
    issue = sim.issue(sim.create_issue("Reboots"))
    ref = f"jira:issue:{issue['id']}"
    states = []
    for markup in ("text", "text", "wiki", "wiki"):
        desk.owe(UpdateIssue(issue=ref, description="*Now*", labels=("a", "b"), markup=markup))
        states += desk.step()

    assert states == [State.SUCCEEDED, State.UNCHANGED] * 2
