"""The past of records is what field history tracking has kept, and that they were made."""

from datetime import timedelta

import pytest

from bridge.canonical.event import Act
from bridge.connectors.salesforce.past import FIELDS, history
from bridge.connectors.salesforce.reader import read
from clocks import FakeClock
from connectors.salesforce.simulated import SECRETS, client_of, simulated

HOUR = timedelta(hours=1)
TRACKED = {"Case": ("Status", "Severity__c", "Description"), "Marketing_Request__c": ("Due__c",)}
ASKED = ("Subject", "Status", *FIELDS)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def test_each_tracked_field_has_its_rows(clock: FakeClock) -> None:
    with simulated(clock, history=TRACKED) as (sim, settings), client_of(settings) as client:
        made = clock.now()
        case = sim.create_case(Subject="Reboots", Severity__c="Low")
        other = sim.create_case(Subject="Hangs")
        clock.advance(HOUR)
        sim.edit("Case", case, Severity__c="High", Subject="Reboots at night")
        clock.advance(HOUR)
        sim.edit("Case", case, Status="Closed", Description="long")
        (one, two) = read(client, "salesforce", "Case", [case, other], ASKED)
        past = history(client, "Case", [one, two])

    told = [(entry.at, line) for entry in past[one.ref] for line in entry.moved]
    assert {(at, line.field, line.before, line.after) for at, line in told} == {
        (made + HOUR, "Severity__c", "Low", "High"),
        (made + 2 * HOUR, "Status", "New", "Closed"),
        (made + 2 * HOUR, "Description", None, None),
    }
    assert [entry.at for entry in past[one.ref]] == [
        made + 2 * HOUR,
        made + 2 * HOUR,
        made + HOUR,
        made,
    ]
    assert len({entry.version for entry in past[one.ref]}) == 4
    assert {entry.actor.id for entry in past[one.ref] if entry.actor} == {sim.org.person}
    assert [(entry.act, entry.at) for entry in past[two.ref]] == [(Act.CREATED, made)]


def test_of_more_records_than_one_call_takes(clock: FakeClock) -> None:
    with simulated(clock, history=TRACKED) as (sim, settings), client_of(settings) as client:
        cases = [sim.create_case(Subject=f"Reboots {number}") for number in range(210)]
        for case in cases:
            sim.edit("Case", case, Status="Closed")
        shown = read(client, "salesforce", "Case", cases, ASKED)
        past = history(client, "Case", shown)

    assert [len(past[one.ref]) for one in shown] == [2] * 210


def test_a_custom_object_keeps_its_own(clock: FakeClock) -> None:
    with simulated(clock, history=TRACKED) as (sim, settings), client_of(settings) as client:
        wanted = sim.create("Marketing_Request__c", Name="Flyer")
        sim.edit("Marketing_Request__c", wanted, Due__c="2027-01-31")
        (one,) = read(client, "salesforce", "Marketing_Request__c", [wanted], FIELDS)
        past = history(client, "Marketing_Request__c", [one])

    assert [line.after for entry in past[one.ref] for line in entry.moved] == ["2027-01-31"]


def test_where_nothing_is_tracked_there_is_no_more_than_that_it_was_made(clock: FakeClock) -> None:
    with simulated(clock) as (sim, settings), client_of(settings) as client:
        case = sim.create_case(Subject="Reboots")
        sim.edit("Case", case, Status="Closed")
        (one,) = read(client, "salesforce", "Case", [case], ASKED)
        past = history(client, "Case", [one])

    assert [entry.act for entry in past[one.ref]] == [Act.CREATED]
