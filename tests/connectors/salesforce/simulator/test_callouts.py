"""JSON callouts: signed, sent once by default, repeated only by an org that queues them."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.simulation.scale import Pace
from connectors.salesforce.simulator.conditions import CALLOUTS
from connectors.salesforce.simulator.receiver import Receiver
from connectors.salesforce.simulator.still_clock import StillClock

FAR = 60.0
Org = Callable[[int], SalesforceSimulator]


@pytest.fixture
def org(clock: StillClock, receiver: Receiver) -> Iterator[Org]:
    """An org that repeats its callouts so many times."""
    made = []

    def begun(retries: int) -> SalesforceSimulator:
        setup = replace(CALLOUTS, callout_retries=retries)
        made.append(SalesforceSimulator(clock, Pace(0.001), setup=setup))
        made[-1].callout_url = receiver.url
        made[-1].callout_secret = "callout-secret"
        return made[-1]

    yield begun
    for simulator in made:
        simulator.close()


def test_a_callout_is_signed_with_its_timestamp(
    org: Org, receiver: Receiver, clock: StillClock
) -> None:
    sim = org(0)
    account = sim.create("Account", Name="Acmé")
    case = sim.create_case(Subject="x", AccountId=account)

    assert sim.callout_sender.wait_idle(FAR)
    (request,) = receiver.received
    stamp = request.headers["x-signature-timestamp"]
    expected = hmac.new(b"callout-secret", f"{stamp}.".encode() + request.body, hashlib.sha256)
    assert request.headers["x-signature"] == f"v1={expected.hexdigest()}"
    assert int(stamp) == int(clock.now().timestamp())
    body = json.loads(request.body)
    assert (body["object"], body["act"], len(body["id"])) == ("Case", "created", 36)
    assert body["record"]["Id"] == case
    assert body["record"]["Account"]["Name"] == "Acmé"
    assert body["record"]["Severity__c"] is None
    assert body["record"]["SystemModstamp"] == "2026-11-23T09:55:12.000+0000"


def test_each_write_is_an_event_of_its_own_with_the_values_of_its_moment(
    org: Org, receiver: Receiver
) -> None:
    sim = org(0)
    with sim.org.lock:
        case = sim.create_case(Subject="first")
        sim.edit("Case", case, Subject="second")

    assert sim.callout_sender.wait_idle(FAR)
    bodies = [json.loads(each.body) for each in receiver.received]
    assert [each["act"] for each in bodies] == ["created", "updated"]
    assert [each["record"]["Subject"] for each in bodies] == ["first", "second"]
    assert bodies[0]["id"] != bodies[1]["id"]


def test_without_repeats_a_refusal_is_a_loss(org: Org, receiver: Receiver) -> None:
    sim = org(0)
    receiver.answers = [(503, "")]

    sim.create_case(Subject="x")

    assert sim.callout_sender.wait_idle(FAR)
    assert len(receiver.received) == 1
    assert sim.lost() == {"outbound": 0, "callouts": 1}


def test_an_org_that_queues_signs_each_repeat_anew(
    org: Org, receiver: Receiver, clock: StillClock
) -> None:
    sim = org(2)
    receiver.answers = [(503, ""), (503, "")]

    sim.create_case(Subject="x")

    assert sim.callout_sender.wait_idle(FAR)
    assert len({json.loads(each.body)["id"] for each in receiver.received}) == 1
    assert (len(receiver.received), sim.lost()["callouts"]) == (3, 0)


def test_a_late_signature_has_the_time_it_left(
    org: Org, receiver: Receiver, clock: StillClock
) -> None:
    sim = org(0)
    sim.create_case(Subject="now")
    assert sim.callout_sender.wait_idle(FAR)
    clock.pass_(60)

    sim.create_case(Subject="later")

    assert sim.callout_sender.wait_idle(FAR)
    first, second = (int(each.headers["x-signature-timestamp"]) for each in receiver.received)
    assert second - first == 60
