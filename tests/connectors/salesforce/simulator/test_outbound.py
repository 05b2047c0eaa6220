"""Outbound Messages: their shape, when they fire, what they hold, and how they are repeated."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.salesforce.simulator import OutboundMessage, SalesforceSimulator, Setup
from bridge.connectors.salesforce.simulator.catalogue import CASE
from bridge.connectors.salesforce.simulator.notification import Notification, envelope
from bridge.connectors.salesforce.simulator.outbound import judge, policy
from bridge.connectors.salesforce.simulator.rejection import Rejection
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import Verdict
from connectors.salesforce.simulator.conditions import MESSAGES
from connectors.salesforce.simulator.envelopes import opened
from connectors.salesforce.simulator.receiver import (
    ACKNOWLEDGED,
    NOT_ACKNOWLEDGED,
    Receiver,
)
from connectors.salesforce.simulator.still_clock import StillClock

FAR = 60.0  # real seconds that nothing here ever takes


@pytest.fixture
def sim(clock: StillClock, receiver: Receiver) -> Iterator[SalesforceSimulator]:
    simulator = SalesforceSimulator(clock, Pace(0.001), setup=MESSAGES)
    simulator.outbound_url = receiver.url
    yield simulator
    simulator.close()


def test_a_message_has_the_documented_shape(sim: SalesforceSimulator, receiver: Receiver) -> None:
    case = sim.create_case(Subject='<b>"R&D"</b>\x07', Jira_Due__c="2026-12-01", CSAT__c=4)

    assert sim.sender.wait_idle(FAR)
    (request,) = receiver.received
    message = opened(request.body)
    assert request.path == "/webhooks/salesforce/path-secret"
    assert request.headers["content-type"] == "text/xml; charset=utf-8"
    assert request.headers["soapaction"] == '""'
    assert not any("signature" in name for name in request.headers)
    assert (message.organization, message.session_is_nil) == (sim.setup.org_id, True)
    assert (message.action or "").startswith("04k")
    (note,) = message.notes
    assert (note.id[:3], len(note.id), note.type) == ("04l", 18, "sf:Case")
    assert note.fields == {
        "Id": case,
        "CaseNumber": "00001001",
        "Subject": '<b>"R&D"</b>',
        "Send_To_Engineering__c": "false",
        "CSAT__c": "4",
        "Jira_Due__c": "2026-12-01",
        "SystemModstamp": "2026-11-23T09:55:12.000Z",
    }  # Origin is null, so it is absent


def test_every_write_fires_our_own_rest_writes_too(
    sim: SalesforceSimulator, api: TestClient, receiver: Receiver
) -> None:
    made = api.patch("sobjects/Case/Bridge_Key__c/k", json={"Subject": "ours"}).json()["id"]
    assert sim.sender.wait_idle(FAR)
    api.patch(f"sobjects/Case/{made}", json={"Subject": "ours"})

    assert sim.sender.wait_idle(FAR)
    notes = [note for each in receiver.received for note in opened(each.body).notes]
    assert [note.fields["Id"] for note in notes] == [made, made]
    assert len({note.id for note in notes}) == 2


def test_a_condition_decides_and_a_refused_write_fires_nothing(
    sim: SalesforceSimulator, api: TestClient, receiver: Receiver
) -> None:
    account = sim.create("Account", Name="Acme")
    sim.edit("Account", account, Industry="Retail")
    sim.edit("Account", account, Name="Acme 2")
    api.post("sobjects/Case", json={"Nothing__c": 1})
    halted = {"attributes": {"type": "Case"}, "Subject": "undone"}
    wrong = {"attributes": {"type": "Case"}, "Nothing__c": 1}
    api.post("composite/sobjects", json={"allOrNone": True, "records": [halted, wrong]})

    assert sim.sender.wait_idle(FAR)
    assert sim.outbound.queued == 2
    assert {note.type for each in receiver.received for note in opened(each.body).notes} == {
        "sf:Account"
    }


def test_data_is_read_when_the_message_leaves(sim: SalesforceSimulator, receiver: Receiver) -> None:
    with sim.org.lock:  # nothing can leave before both writes are done
        case = sim.create_case(Subject="first")
        sim.edit("Case", case, Subject="second")

    assert sim.sender.wait_idle(FAR)
    notes = [note for each in receiver.received for note in opened(each.body).notes]
    assert [note.fields["Subject"] for note in notes] == ["second", "second"]
    assert len({note.id for note in notes}) == 2


def test_waiting_notifications_travel_together_up_to_a_hundred(
    sim: SalesforceSimulator, receiver: Receiver
) -> None:
    with sim.org.lock:
        for number in range(101):
            sim.create_case(Subject=f"case {number}")

    assert sim.sender.wait_idle(FAR)
    assert [len(opened(each.body).notes) for each in receiver.received] == [100, 1]


@pytest.mark.parametrize(
    "refusal",
    [NOT_ACKNOWLEDGED, (200, ""), (200, "{}"), (500, ACKNOWLEDGED[1]), (202, ACKNOWLEDGED[1])],
)
def test_without_an_acknowledgement_the_whole_message_comes_again(
    sim: SalesforceSimulator, receiver: Receiver, refusal: tuple[int, str]
) -> None:
    receiver.answers = [refusal, refusal]

    sim.create_case(Subject="x")

    assert sim.sender.wait_idle(FAR)
    notes = [opened(each.body).notes for each in receiver.received]
    assert len(notes) == 3
    assert len({note.id for each in notes for note in each}) == 1
    assert sim.lost() == {"outbound": 0, "callouts": 0}


def test_a_record_deleted_first_leaves_a_notification_without_data(
    sim: SalesforceSimulator, receiver: Receiver
) -> None:
    with sim.org.lock:
        sim.delete("Case", sim.create_case(Subject="gone"))

    assert sim.sender.wait_idle(FAR)
    (note,) = opened(receiver.received[0].body).notes
    assert (note.type, note.fields) == (None, {})


def test_after_a_day_a_message_is_dropped_and_counted(
    clock: StillClock, receiver: Receiver
) -> None:
    sim = SalesforceSimulator(clock, Pace(0.00001), setup=MESSAGES)
    sim.outbound_url = receiver.url
    receiver.answers = [NOT_ACKNOWLEDGED] * 100

    sim.create_case(Subject="x")

    assert sim.sender.wait_idle(FAR)
    sim.close()
    assert sim.lost() == {"outbound": 1, "callouts": 0}
    assert len(receiver.received) == policy().retries + 1


def test_the_waits_grow_to_two_hours_within_a_day() -> None:
    waits = [policy().wait(repeat)[0] for repeat in range(1, policy().retries + 1)]

    assert waits == sorted(waits)
    assert (waits[0], max(waits)) == (15.0, 7200.0)
    assert 86_400 - 7_200 < sum(waits) <= 86_400


def test_duplicates_carry_the_same_notification(
    sim: SalesforceSimulator, receiver: Receiver
) -> None:
    sim.faults.next("duplicate")

    sim.create_case(Subject="x")

    assert sim.sender.wait_idle(FAR)
    ids = [opened(each.body).notes[0].id for each in receiver.received]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_dropped_message_comes_again(sim: SalesforceSimulator, receiver: Receiver) -> None:
    sim.faults.next("drop")

    sim.create_case(Subject="x")

    assert sim.sender.wait_idle(FAR)
    assert (len(receiver.received), sim.sender.stats["retried"]) == (1, 1)


def test_nothing_is_pushed_before_there_is_an_address(clock: StillClock) -> None:
    sim = SalesforceSimulator(clock, Pace(0.001), setup=MESSAGES)

    sim.create_case(Subject="x")

    assert (sim.outbound.queued, sim.idle()) == (0, True)


def test_a_definition_with_an_unknown_field_cannot_be_saved(clock: StillClock) -> None:
    setup = Setup(outbound=(OutboundMessage(object="Case", fields=("Account.Name",)),))

    with pytest.raises(Rejection, match="INVALID_FIELD"):
        SalesforceSimulator(clock, Pace(0.001), setup=setup)


def test_only_a_true_acknowledgement_is_believed() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "true">]><x>&a;</x>'

    assert judge(httpx.Response(200, text=ACKNOWLEDGED[1])) is Verdict.DONE
    assert judge(httpx.Response(200, text=NOT_ACKNOWLEDGED[1])) is Verdict.RETRY
    assert judge(httpx.Response(200, text=bomb)) is Verdict.RETRY
    assert judge(httpx.Response(302, text=ACKNOWLEDGED[1])) is Verdict.RETRY
    assert judge(None) is Verdict.RETRY


@given(st.text())
def test_any_text_makes_readable_xml(text: str) -> None:
    definition = OutboundMessage(object="Case", fields=("Subject",), action_id="04k")
    notes = [(Notification("04l", "500"), {"Subject": text})]

    body = envelope(definition, CASE, notes, org_id="00D", host="https://org.example")

    assert opened(body).notes[0].fields["Id"] == "500"
