"""Our connector and the simulated org, which was built by another hand, over real sockets."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action
from bridge.connectors.contract import Message, Translation
from bridge.connectors.salesforce import CONNECTOR
from bridge.connectors.salesforce.actions import CreateRecord, UpdateRecord, UpsertRecord
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.comments import AddCaseComment
from bridge.connectors.salesforce.reader import query, read, resolve
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.simulator import Callout, SalesforceSimulator, Setup
from bridge.connectors.salesforce.times import moment
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.errors import AmbiguousOutcome, CredentialError, PermanentError, TransientError
from bridge.http import Http
from clocks import FakeClock
from connectors.salesforce.org import CALLOUT_SECRET, PATH_SECRET, settings_of

KEY = "wrk_mzxw6ytboi"
ALL_KINDS = {
    "Subject": "  two\nlines 🚀 ",
    "Description": "long\ntext\r\n路由器\n\n" + "x" * 40_000,
    "Status": "working",
    "Severity__c": "HIGH",
    "CSAT__c": "2.5",
    "Send_To_Engineering__c": "yes",
    "Promised_Date__c": "2026-12-01T00:00:00Z",
    "Jira_URL__c": "https://jira.example/browse/ENG-1",
    "Bridge_Synced__c": "2026-11-23T17:00:00.987+08:00",
    "Bridge_Problem__c": "y\n" * 300,
    "Product_Line__c": "",
    "ParentId": None,
}


@pytest.fixture
def sim(clock: FakeClock) -> Iterator[SalesforceSimulator]:
    setup = Setup(
        callouts=[Callout(name="Case", object="Case", fields=("Subject", "Status"))],
    )
    org = SalesforceSimulator(clock, Pace(0.001), setup=setup)
    yield org
    org.close()


@pytest.fixture
def url(sim: SalesforceSimulator) -> Iterator[str]:
    with Served(sim.app) as served:
        yield served.url


@pytest.fixture
def settings(
    sim: SalesforceSimulator, url: str, monkeypatch: pytest.MonkeyPatch
) -> SalesforceSettings:
    monkeypatch.setenv("SF_CLIENT", sim.setup.client_secret)
    auth = {
        "flow": "client_credentials",
        "client_id": sim.setup.client_id,
        "client_secret": "env:SF_CLIENT",
    }
    organization = sim.setup.org_id
    return settings_of(url=url, auth=auth, organization_id=organization, user_id=None)


@pytest.fixture
def org(settings: SalesforceSettings) -> Iterator[SalesforceClient]:
    http = Http("salesforce", allow_hosts=frozenset(CONNECTOR.hosts(settings)))
    yield CONNECTOR.connect("salesforce", settings, http)
    http.close()


@pytest.fixture
def case(sim: SalesforceSimulator) -> str:
    account = sim.create("Account", Name="Northwind")
    return sim.create_case(Subject="Reboots", AccountId=account, RecordType="Feedback")


class Inbox:
    """Takes what the org pushes, as our own endpoint would, and acknowledges it."""

    def __init__(self, settings: SalesforceSettings, clock: FakeClock) -> None:
        self.app = FastAPI()
        self.app.add_api_route("/hooks/{secret}", self._take, methods=["POST"])
        self.translations: list[Translation] = []
        self.keys: list[str] = []
        self._settings = settings
        self._clock = clock
        self._some = threading.Condition()

    def wait_for(self, count: int) -> Sequence[Translation]:
        with self._some:
            assert self._some.wait_for(lambda: len(self.translations) >= count, 60)
            return list(self.translations)

    async def _take(self, request: Request, secret: str) -> Response:
        message = Message(
            connection="salesforce",
            headers=dict(request.headers),
            body=await request.body(),
            received_at=self._clock.now(),
            path_secret=secret,
        )
        inbound = CONNECTOR.inbound
        assert inbound is not None
        inbound.verify(self._settings, message, self._clock.now())
        with self._some:
            self.keys.append(inbound.dedupe_key(self._settings, message))
            self.translations.append(inbound.translate(self._settings, message))
            self._some.notify_all()
        told = inbound.acknowledge(self._settings, message)
        return Response(told.body, status_code=told.status, media_type=told.content_type)


@pytest.fixture
def inbox(settings: SalesforceSettings, clock: FakeClock) -> Iterator[Inbox]:
    inbox = Inbox(settings, clock)
    with Served(inbox.app) as served:
        inbox.app.state.url = f"{served.url}/hooks/{PATH_SECRET}"
        yield inbox


def test_what_we_say_we_wrote_is_what_the_org_keeps(org: SalesforceClient) -> None:
    receipt = CreateRecord(object="Case", fields=ALL_KINDS).run(org, KEY)
    assert receipt.ref is not None

    (snapshot,) = read(org, "salesforce", "Case", [receipt.ref.id], list(ALL_KINDS))

    times = {"Bridge_Synced__c"}
    kept = {name: snapshot.fields[name] for name in ALL_KINDS.keys() - times}
    assert kept == {name: receipt.wrote[name] for name in ALL_KINDS.keys() - times}
    assert moment(snapshot.fields["Bridge_Synced__c"]) == moment(receipt.wrote["Bridge_Synced__c"])
    assert receipt.wrote["Severity__c"] == "High"


def test_creates_and_upserts_leave_one_record_each(
    sim: SalesforceSimulator, org: SalesforceClient
) -> None:
    create = CreateRecord.model_validate(CreateRecord.examples[0])
    upsert = UpsertRecord.model_validate(UpsertRecord.examples[0])

    refs = {action.run(org, KEY).ref for action in (create, create, upsert, upsert)}

    assert len(refs) == len(sim.records("Case")) == 2
    assert set(sim.created_by_key().values()) == {1}


def test_an_update_by_number_reaches_the_record(
    sim: SalesforceSimulator, org: SalesforceClient, case: str
) -> None:
    number = sim.record("Case", case)["CaseNumber"]

    UpdateRecord(object="Case", record=number, fields={"Jira_Status__c": "Done"}).run(org, KEY)

    assert sim.record("Case", case)["Jira_Status__c"] == "Done"


def test_a_comment_that_may_have_been_made_is_found(
    sim: SalesforceSimulator, org: SalesforceClient, case: str
) -> None:
    action = AddCaseComment(case=f"salesforce:Case:{case}", body="路\n" * 3_000)
    sim.faults.next("cut_after", method="POST", path_contains="CaseComment")

    with pytest.raises(AmbiguousOutcome):
        action.run(org, KEY)

    (comment,) = sim.case_comments(case)
    found = action.find(org, KEY)
    assert found is not None
    assert found.ref == Ref("salesforce", "CaseComment", comment["Id"])
    assert comment["IsPublished"] is False
    assert action.find(org, "wrk_other") is None


def test_a_session_that_ends_between_two_calls_is_not_noticed(
    sim: SalesforceSimulator, org: SalesforceClient, case: str
) -> None:
    action = UpdateRecord(record=f"salesforce:Case:{case}", fields={"Subject": "New"})
    action.run(org, KEY)
    sim.expire_sessions()

    action.run(org, KEY)

    assert sim.sessions.opened == 2


def test_an_app_that_is_blocked_pauses_and_goes_on_when_let_in(
    sim: SalesforceSimulator, org: SalesforceClient, case: str
) -> None:
    action = UpdateRecord(record=f"salesforce:Case:{case}", fields={"Subject": "New"})
    action.run(org, KEY)
    sim.revoke()
    with pytest.raises(CredentialError):
        action.run(org, KEY)
    sim.approve()

    action.run(org, KEY)

    assert sim.record("Case", case)["Subject"] == "New"


@pytest.mark.parametrize("trouble", ["locked", "limit"])
def test_the_orgs_own_troubles_pass(
    sim: SalesforceSimulator, org: SalesforceClient, case: str, trouble: str
) -> None:
    action = UpdateRecord(record=f"salesforce:Case:{case}", fields={"Subject": "New"})
    action.run(org, KEY)
    sim.troubles.next(trouble)

    with pytest.raises(TransientError) as caught:
        action.run(org, KEY)

    assert caught.value.retry_after
    assert action.run(org, KEY).ref == Ref("salesforce", "Case", case)


def test_a_clash_of_two_first_upserts_is_overcome(
    sim: SalesforceSimulator, org: SalesforceClient
) -> None:
    sim.troubles.next("clash")

    CreateRecord(object="Case", fields={"Subject": "One"}).run(org, KEY)

    assert sim.troubles.count
    assert len(sim.records("Case")) == 1


@pytest.mark.parametrize("fault", ["cut_before", "server_error_before", "rate_limited"])
def test_a_create_is_repeated_after_whatever_happened(
    sim: SalesforceSimulator, org: SalesforceClient, fault: str
) -> None:
    action = CreateRecord(object="Case", fields={"Subject": "One"})
    for kind in (fault, fault.replace("before", "after")):
        sim.faults.next(kind, method="PATCH")
        with pytest.raises((TransientError, AmbiguousOutcome)):
            action.run(org, KEY)

    action.run(org, KEY)

    assert sim.created_by_key() == {KEY: 1}


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (
            UpdateRecord(object="Case", record="500Hs0000000000", fields={"Subject": "x"}),
            "NOT_FOUND",
        ),
        (CreateRecord(object="Case", fields={"Nothing__c": 1}), "unknown_field"),
        (CreateRecord(object="Nothing__c", fields={}), "NOT_FOUND"),
        (
            CreateRecord(object="Case", fields={"Severity__c": "Dreadful"}),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ),
        (CreateRecord(object="Contact", fields={"FirstName": "Dana"}), "NOT_FOUND"),
        (
            UpsertRecord(object="Account", key_field="Customer_Number__c", key="7", fields={}),
            "REQUIRED_FIELD_MISSING",
        ),
    ],
    ids=["record", "field", "object", "picklist", "key field", "required"],
)
def test_what_the_org_refuses_is_for_a_person(
    org: SalesforceClient, action: Action[Any], code: str
) -> None:
    with pytest.raises(PermanentError) as caught:
        action.run(org, KEY)

    assert caught.value.code == code


def test_a_deleted_record_is_not_made_anew(
    sim: SalesforceSimulator, org: SalesforceClient, case: str
) -> None:
    sim.delete("Case", case)

    with pytest.raises(PermanentError) as caught:
        UpdateRecord(record=f"salesforce:Case:{case}", fields={"Subject": "x"}).run(org, KEY)

    assert caught.value.code in {"ENTITY_IS_DELETED", "NOT_FOUND"}
    assert read(org, "salesforce", "Case", [case], ["Subject"]) == []


def test_live_records_are_read_with_their_parents(
    sim: SalesforceSimulator, org: SalesforceClient, case: str
) -> None:
    number = sim.record("Case", case)["CaseNumber"]

    (snapshot,) = read(org, "salesforce", "Case", [case], ["Account.Name", "RecordType.Name"])

    assert snapshot.fields["Account"] == {"Name": "Northwind"}
    assert snapshot.fields["RecordType"] == {"Name": "Feedback"}
    assert snapshot.complete
    assert resolve(org, "salesforce", "Case", [number, "00009999"]) == {number: [snapshot.ref]}
    assert list(query(org, "SELECT Id FROM Case", [])) == [{"Id": case}]


def test_the_doctor_finds_the_org_in_order(org: SalesforceClient) -> None:
    lines = CONNECTOR.check(org)

    assert [(line.name, line.detail) for line in lines if not line.ok] == []


def test_the_orgs_outbound_message_is_taken(
    sim: SalesforceSimulator, inbox: Inbox, org: SalesforceClient
) -> None:
    sim.outbound_url = inbox.app.state.url
    case = sim.create_case(Subject="Reboots & more")

    (translation, *_) = inbox.wait_for(1)

    (snapshot,) = translation.snapshots
    assert snapshot.ref == Ref("salesforce", "Case", case)
    assert snapshot.fields["Subject"] == "Reboots & more"
    assert "Severity__c" not in snapshot.fields
    (live,) = read(org, "salesforce", "Case", [case], ["Subject"])
    assert live.version == snapshot.version
    assert live.stamp == snapshot.stamp


def test_our_own_write_comes_back_as_a_message(
    sim: SalesforceSimulator, inbox: Inbox, org: SalesforceClient, case: str
) -> None:
    sim.outbound_url = inbox.app.state.url

    UpdateRecord(record=f"salesforce:Case:{case}", fields={"Subject": "Ours"}).run(org, KEY)

    (translation, *_) = inbox.wait_for(1)
    assert translation.snapshots[0].fields["Subject"] == "Ours"
    assert translation.snapshots[0].own is False


def test_a_message_about_a_record_that_is_gone_is_ignored(
    sim: SalesforceSimulator, inbox: Inbox
) -> None:
    sim.outbound_url = inbox.app.state.url
    with sim.org.lock:
        case = sim.create_case(Subject="Short")
        sim.delete("Case", case)

    (translation, *_) = inbox.wait_for(1)

    assert translation.snapshots == ()
    assert "deleted" in translation.ignored


def test_a_message_that_was_not_answered_comes_again_with_the_same_key(
    sim: SalesforceSimulator, inbox: Inbox
) -> None:
    sim.outbound_url = inbox.app.state.url
    sim.faults.configure(duplicate_rate=1.0)

    sim.create_case(Subject="Twice")

    inbox.wait_for(2)
    assert len(set(inbox.keys)) == 1


def test_the_orgs_signed_callout_is_taken(sim: SalesforceSimulator, inbox: Inbox) -> None:
    sim.callout_url = inbox.app.state.url
    sim.callout_secret = CALLOUT_SECRET

    case = sim.create_case(Subject="Reboots")

    (translation, *_) = inbox.wait_for(1)
    (snapshot,) = translation.snapshots
    assert (snapshot.act, snapshot.ref.id) == ("created", case)
    assert snapshot.fields["Subject"] == "Reboots"


def test_a_duplicate_rule_stops_a_write_that_does_not_allow_duplicates(
    sim: SalesforceSimulator, org: SalesforceClient, case: str
) -> None:
    wanted = {"record": f"salesforce:Case:{case}", "fields": {"Subject": "Ours"}}
    sim.troubles.next("rule")
    UpdateRecord.model_validate({**wanted, "allow_duplicates": True}).run(org, KEY)

    with pytest.raises(PermanentError, match="allow_duplicates") as refused:
        UpdateRecord.model_validate({**wanted, "fields": {"Subject": "Again"}}).run(org, KEY)

    assert refused.value.code == "DUPLICATES_DETECTED"
    assert sim.record("Case", case)["Subject"] == "Ours"
