"""Many records in one call, each with its own answer, at the simulated org."""

from collections.abc import Iterator

import pytest

from bridge.canonical.ref import Ref
from bridge.connectors.action import Receipt
from bridge.connectors.salesforce import collection
from bridge.connectors.salesforce.actions import CreateRecord, UpdateRecord, UpsertRecord
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.comments import AddCaseComment
from bridge.connectors.salesforce.marks import mark
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.errors import AmbiguousOutcome, CredentialError, PermanentError, TransientError
from clocks import FakeClock
from connectors.salesforce.simulated import SECRETS, client_of, simulated

KEY = "wrk_mzxw6ytboi"
LONG = "x" * 30_000
World = tuple[SalesforceSimulator, SalesforceClient]


@pytest.fixture
def world(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with simulated(clock) as (sim, settings), client_of(settings) as client:
        yield sim, client


def test_records_are_updated_in_one_call_each_with_its_own_answer(world: World) -> None:
    sim, org = world
    good, other, gone, held = (sim.create_case(Subject="Reboots") for _ in range(4))
    sim.delete("Case", gone)
    sim.hold(held)
    updates = [
        UpdateRecord(object="Case", record=f"salesforce:Case:{good}", fields={"Subject": "A"}),
        UpdateRecord(object="Case", record=gone, fields={"Subject": "B"}),
        UpdateRecord(object="Case", record=other, fields={"No_Such__c": "C"}),
        UpdateRecord(object="Case", record=held, fields={"Subject": "D"}),
        UpdateRecord(object="Case", record=good, fields={"Status": "Working"}),
        UpdateRecord(object="Case", record=other, fields={"Subject": "E"}),
    ]

    done, deleted, unknown, locked, twice, also = UpdateRecord.run_batch(
        org, [(one, KEY) for one in updates]
    )

    assert {one.batch_key() for one in updates} == {"Case|False|True"}
    assert isinstance(done, Receipt)
    assert done.ref == Ref("salesforce", "Case", good)
    assert isinstance(deleted, PermanentError)
    assert isinstance(unknown, PermanentError)
    assert isinstance(locked, TransientError)
    assert (locked.code, locked.retry_after) == ("UNABLE_TO_LOCK_ROW", 5.0)
    assert twice is None
    assert isinstance(also, Receipt)
    assert [sim.record("Case", one)["Subject"] for one in (good, other)] == ["A", "E"]
    assert sim.requests["PATCH", "composite/sobjects"] == 1


def test_records_are_made_and_found_by_their_keys_in_one_call(world: World) -> None:
    sim, org = world
    creates = [CreateRecord(object="Case", fields={"Subject": each}) for each in "ab"]
    upsert = UpsertRecord(
        object="Case", key_field="Jira_Key__c", key="ENG-1", fields={"Subject": "c"}
    )

    first = CreateRecord.run_batch(org, [(one, one.fields["Subject"]) for one in creates])
    again = CreateRecord.run_batch(org, [(one, one.fields["Subject"]) for one in creates])
    alone = creates[0].run(org, "a")
    (upserted,) = UpsertRecord.run_batch(org, [(upsert, KEY)])

    assert first == again
    assert first[0] == alone
    assert sim.created_by_key() == {"a": 1, "b": 1}
    assert isinstance(upserted, Receipt)
    assert upserted == upsert.run(org, KEY)
    assert sim.requests["PATCH", "composite/sobjects/{object}/{field}"] == 3


def test_keys_that_may_name_one_record_are_not_sent_together(world: World) -> None:
    _, org = world
    upserts = [
        UpsertRecord(object="Case", key_field="Jira_Key__c", key=key, fields={"Subject": key})
        for key in ("ENG-1", "eng-1 ", "ENG-2")
    ]

    first, same, other = UpsertRecord.run_batch(org, [(one, KEY) for one in upserts])

    assert isinstance(first, Receipt)
    assert same is None
    assert isinstance(other, Receipt)


def test_a_key_that_cannot_stand_in_a_path_is_refused_as_it_is_alone(world: World) -> None:
    _, org = world
    upserts = [
        UpsertRecord(object="Case", key_field="Jira_Key__c", key=key, fields={"Subject": key})
        for key in ("..", "ENG-2")
    ]

    bad, good = UpsertRecord.run_batch(org, [(one, KEY) for one in upserts])

    with pytest.raises(PermanentError) as alone:
        upserts[0].run(org, KEY)
    assert isinstance(bad, PermanentError)
    assert bad.code == alone.value.code
    assert isinstance(good, Receipt)


def test_comments_are_made_in_one_call_and_each_is_found(world: World) -> None:
    sim, org = world
    cases = [sim.create_case(Subject=each) for each in "ab"]
    comments = [AddCaseComment(case=case, body="seen") for case in cases]
    gone = AddCaseComment(case="500Hs0000000001AAA", body="seen")

    *made, refused = AddCaseComment.run_batch(
        org, [(comments[0], "k0"), (comments[1], "k1"), (gone, "k2")]
    )

    assert isinstance(refused, PermanentError)
    found = [comments[number].find(org, f"k{number}") for number in (0, 1)]
    assert [one.ref for one in made if isinstance(one, Receipt)] == [
        one.ref for one in found if one
    ]
    assert all(mark(f"k{n}") in str(sim.case_comments(case)) for n, case in enumerate(cases))
    assert sim.requests["POST", "composite/sobjects"] == 1


@pytest.mark.parametrize("fault", ["cut_after", "server_error_after", "cut_before"])
def test_comments_whose_answer_is_lost_are_ambiguous_and_can_be_looked_for(
    world: World, fault: str
) -> None:
    sim, org = world
    case = sim.create_case(Subject="a")
    comment = AddCaseComment(case=case, body="seen")
    org.identity()
    sim.faults.next(fault, method="POST", path_contains="composite")

    with pytest.raises(AmbiguousOutcome):
        AddCaseComment.run_batch(org, [(comment, KEY)])

    assert (comment.find(org, KEY) is None) is (fault == "cut_before")


def test_what_befalls_the_call_as_a_whole_is_raised(world: World) -> None:
    sim, org = world
    create = CreateRecord(object="Case", fields={"Subject": "a"})
    sim.trouble("limit")
    with pytest.raises(TransientError, match="REQUEST_LIMIT_EXCEEDED"):
        CreateRecord.run_batch(org, [(create, KEY)])
    sim.revoke()
    with pytest.raises(CredentialError):
        CreateRecord.run_batch(org, [(create, KEY)])


def test_what_finds_no_room_goes_with_the_next_call(world: World) -> None:
    sim, org = world
    count = collection.ROOM // len(LONG) + 3
    creates = [
        CreateRecord(object="Case", fields={"Subject": "a", "Description": LONG})
        for _ in range(count)
    ]

    answers = CreateRecord.run_batch(org, [(one, f"k{n}") for n, one in enumerate(creates)])

    sent = [one for one in answers if one is not None]
    assert 0 < len(sent) < count
    assert answers[len(sent) :] == [None] * (count - len(sent))
    assert len(sim.records("Case")) == len(sent)


def test_what_must_be_looked_up_first_goes_alone() -> None:
    by_number = UpdateRecord(object="Case", record="00001234", fields={"Subject": "a"})

    assert by_number.batch_key() is None
    assert AddCaseComment(case="00001234", body="a").batch_key() is None
    assert AddCaseComment(case="salesforce:Case:500Wq00000KfLmNIAV", body="a").batch_key() == ""


def test_writes_with_other_headers_or_places_do_not_share_a_call() -> None:
    fields = {"Subject": "a"}
    keys = [
        CreateRecord(object="Case", fields=fields).batch_key(),
        CreateRecord(object="Account", fields=fields).batch_key(),
        CreateRecord(object="Case", fields=fields, allow_duplicates=True).batch_key(),
        CreateRecord(object="Case", fields=fields, auto_assign=False).batch_key(),
    ]
    upserts = [
        UpsertRecord(object="Case", key_field=field, key="1", fields=fields).batch_key()
        for field in ("A__c", "B__c")
    ]

    assert len({*keys, *upserts}) == 6
