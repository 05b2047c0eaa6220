"""The way in as a sender meets it: acknowledged when durable, and otherwise told whose fault it is."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast

import orjson
import pytest

from bridge.inbox.store import DEDUPE_FOR
from bridge.inbox.tables import MessageRow
from inbox.house import AUTOMATION, MONITOR, PATH_SECRET, PREVIOUS, SECRET, House

EVENT = {"webhookEvent": "user_created", "timestamp": 1}


@pytest.fixture
def outbound(house: House) -> bytes:
    """An Outbound Message of this org about one case."""
    return f"""<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
      <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
      <OrganizationId>{house.organization}</OrganizationId><ActionId>04kWq0000008XyZIAU</ActionId>
      <Notification><Id>04lWq00000000011dAAA</Id>
      <sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
      <sf:Id>500Wq00000KfLmNIAV</sf:Id></sObject></Notification>
      </notifications></soapenv:Body></soapenv:Envelope>""".encode()


def test_jira_gets_202_and_the_message_is_kept_as_it_came(house: House) -> None:
    body = b'{ "webhookEvent":"user_created",\n "odd": "\xc3\xa9" }'

    answer = house.jira(body, x_atlassian_webhook_identifier="one")

    (row,) = house.messages()
    assert (answer.status_code, answer.content) == (202, b"")
    assert (row.connection, row.body, row.size, row.state) == ("jira", body, len(body), "pending")
    assert row.dedupe_key == "id:one"


def test_an_outbound_message_gets_its_soap_ack(house: House, outbound: bytes) -> None:
    answer = house.outbound(outbound)
    again = house.outbound(outbound)

    assert answer.status_code == again.status_code == 200
    assert b"<Ack>true</Ack>" in answer.content
    assert b"<Ack>true</Ack>" in again.content
    assert answer.headers["content-type"].startswith("text/xml")
    assert len(house.messages()) == 1


def test_what_jira_sends_again_is_acknowledged_and_kept_once(house: House) -> None:
    answers = [
        house.jira({**EVENT, "try": number}, x_atlassian_webhook_identifier="one").status_code
        for number in range(3)
    ]

    assert answers == [202, 202, 202]
    assert len(house.messages()) == 1
    assert house.metric("bridge_messages_total", connection="jira", result="kept") == 1
    assert house.metric("bridge_messages_total", connection="jira", result="again") == 2


def test_without_an_id_the_body_is_the_identity(house: House) -> None:
    for body in (b'{"a":1}', b'{"a":1}', b'{"a":2}'):
        house.jira(body)

    assert [row.body for row in house.messages()] == [b'{"a":1}', b'{"a":2}']


def test_an_id_is_forgotten_after_a_day(house: House) -> None:
    house.jira(EVENT, x_atlassian_webhook_identifier="one")
    house.clock.advance(DEDUPE_FOR + timedelta(seconds=1))
    house.jira(EVENT, x_atlassian_webhook_identifier="one")

    assert len(house.messages()) == 2


def test_the_same_signed_bytes_on_two_connections_are_two_messages(house: House) -> None:
    answers = [house.signed(b'{"id": 1}', to=to).status_code for to in ("monitor", "pager")]

    assert answers == [202, 202]
    assert [row.connection for row in house.messages()] == ["monitor", "pager"]


def test_how_long_it_took_is_measured(house: House) -> None:
    house.jira(EVENT)
    house.jira(EVENT, secret="wrong")

    assert house.metric("bridge_message_accept_seconds_count") == 1


@pytest.mark.parametrize("signature", ["", "sha256=", "sha1=0", "sha256=" + "0" * 64, "é", "=="])
def test_a_wrong_signature_is_401_and_nothing_is_kept(house: House, signature: str) -> None:
    answer = house.door.post(
        "/webhooks/jira", content=b"{}", headers=[(b"x-hub-signature", signature.encode())]
    )

    assert answer.status_code == 401
    assert "no valid secret" in answer.text
    assert house.messages() == []
    assert house.metric("bridge_messages_total", connection="jira", result="unverified") == 1
    assert house.alarms() == {}


def test_no_signature_is_401(house: House, outbound: bytes) -> None:
    answers = [
        house.door.post("/webhooks/jira", content=b"{}"),
        house.door.post("/webhooks/monitor", content=b"{}"),
        house.door.post("/webhooks/salesforce", content=b"{}"),
        house.door.post("/webhooks/salesforce", content=outbound),
        house.outbound(outbound, secret="wrong"),
    ]

    assert [answer.status_code for answer in answers] == [401] * 5
    assert house.messages() == []


@pytest.mark.parametrize("to", ["jira", "monitor", "salesforce"])
def test_a_stranger_without_a_signature_holds_no_memory_of_ours(house: House, to: str) -> None:
    """Refused before the body is read: what is in flight, and how much more would be, is no matter."""
    house.bridge.in_flight_bytes = house.bridge.max_in_flight_bytes + 1

    answer = house.door.post(f"/webhooks/{to}", content=b"x")
    signed = house.jira(EVENT)

    assert (answer.status_code, signed.status_code) == (401, 503)
    assert house.metric("bridge_messages_total", connection=to, result="unverified") == 1
    assert list(house.alarms()) == ["fault:jira"]


def test_a_connection_that_is_not_there_is_404_and_no_label_of_a_metric(house: House) -> None:
    answers = [
        house.door.post(f"/webhooks/{name}", content=b"{}").status_code
        for name in ("jira2", "JIRA", "%00", "a%2Fb", "x" * 5_000, "jira/a/b")
    ]

    assert set(answers) == {404}
    assert house.metric("bridge_messages_total", connection="unknown", result="unknown") >= 4
    assert "jira2" not in house.bridge.metrics.exposition().decode()


def test_a_webhook_is_a_post(house: House) -> None:
    answers = [house.door.request(verb, "/webhooks/jira") for verb in ("GET", "PUT", "DELETE")]

    assert [answer.status_code for answer in answers] == [405, 405, 405]
    assert {answer.headers["allow"] for answer in answers} == {"POST"}


def test_a_bug_while_a_message_is_taken_is_our_fault_and_shows_nothing(house: House) -> None:
    house.bridge.accepted = None  # type: ignore[assignment, method-assign]

    answer = house.jira(EVENT)

    assert (answer.status_code, list(house.alarms())) == (503, ["fault:jira"])
    assert "NoneType" not in answer.text
    assert len(house.messages()) == 1


def test_two_secrets_are_valid_at_once(house: House) -> None:
    answers = [house.jira({"try": key}, secret=key).status_code for key in (SECRET, PREVIOUS)]

    assert answers == [202, 202]


def test_a_secret_is_changed_without_a_restart_and_without_a_gap(house: House) -> None:
    """The file of the secret before takes the present one, then the new one is written."""
    house.rotate("before", SECRET)
    house.rotate("now", "jira-secret-next")
    changed = [
        house.jira({"try": key}, secret=key).status_code
        for key in (SECRET, "jira-secret-next", PREVIOUS)
    ]
    house.rotate("before", "jira-secret-next")
    ended = house.jira({"try": "late"}, secret=SECRET).status_code

    assert changed == [202, 202, 401]
    assert ended == 401


def test_a_secret_that_cannot_be_read_is_our_fault(house: House) -> None:
    (house.folder / "now").unlink()

    one_left = house.jira({"try": 1}, secret=PREVIOUS).status_code
    answer = house.jira({"try": 2}, secret=SECRET)

    assert one_left == 202
    assert answer.status_code == 503
    assert "send it again" in answer.text
    assert SECRET not in str(house.alarms()["fault:jira"])
    assert house.metric("bridge_messages_total", connection="jira", result="unconfigured") == 1


def test_no_secret_at_all_is_our_fault(house: House) -> None:
    answer = house.signed(b"{}", to="bare")

    alarm = house.alarms()["fault:bare"]
    assert answer.status_code == 503
    assert (alarm.kind, alarm.state) == ("at_fault", "down")
    assert "no secret is set" in alarm.text


def test_a_database_that_cannot_store_is_our_fault(house: House) -> None:
    table = cast("Any", MessageRow.__table__)
    table.drop(house.bridge.database.engine)
    answer = house.jira(EVENT)
    down = house.alarms()["fault:jira"]

    table.create(house.bridge.database.engine)
    again = house.jira(EVENT)

    assert (answer.status_code, again.status_code) == (503, 202)
    assert (down.kind, down.state) == ("at_fault", "down")
    assert "did not take" in down.text
    assert house.metric("bridge_messages_total", connection="jira", result="not_stored") == 1


def test_too_many_bytes_in_flight_are_our_fault(house: House) -> None:
    house.bridge.in_flight_bytes = house.bridge.max_in_flight_bytes

    answer = house.jira(EVENT)
    house.bridge.in_flight_bytes = 0
    again = house.jira(EVENT)

    assert (answer.status_code, again.status_code) == (503, 202)
    assert "too many bytes" in house.alarms()["fault:jira"].text


def test_bytes_are_in_flight_only_while_a_request_is_answered(house: House) -> None:
    for body, secret in ((b"{}", SECRET), (b"x" * 300_000, "wrong"), (b"x" * 30_000_000, SECRET)):
        house.jira(body, secret=secret)

    assert house.bridge.in_flight_bytes == 0


def test_a_bug_while_a_message_is_verified_is_our_fault(house: House) -> None:
    connected = house.bridge.connections["monitor"]
    connected.settings = house.bridge.connections["jira"].settings  # of another connector

    answer = house.signed(b"{}")

    assert answer.status_code == 503
    assert "a bug" in house.alarms()["fault:monitor"].text
    assert house.metric("bridge_messages_total", connection="monitor", result="bug") == 1


def test_the_senders_maximum_is_taken_and_one_byte_more_is_413(house: House) -> None:
    body = b'{"webhookEvent": "user_created", "pad": "'
    whole = body + b"x" * (25_000_000 - len(body) - 2) + b'"}'

    taken = house.jira(whole)
    refused = house.jira(whole + b" ")

    assert (taken.status_code, refused.status_code) == (202, 413)
    assert [row.size for row in house.messages()] == [25_000_000]
    assert house.metric("bridge_messages_total", connection="jira", result="too_large") == 1


def test_an_automation_request_is_kept_without_its_secret(house: House) -> None:
    headers = {"x-bridge-pass": AUTOMATION, "authorization": "Bearer x", "x-trace": "t1"}

    answer = house.door.post("/webhooks/jira", content=b'{"issueId": 1}', headers=headers)

    (row,) = house.messages()
    kept = orjson.loads(row.headers or b"")
    assert answer.status_code == 202
    assert (kept["x-bridge-pass"], kept["authorization"]) == ("[blank]", "[blank]")
    assert kept["x-trace"] == "t1"


def test_an_id_longer_than_an_index_takes_is_known_again(house: House) -> None:
    answers = [
        house.jira(EVENT, x_atlassian_webhook_identifier="i" * 8_000).status_code for _ in "12"
    ]

    assert answers == [202, 202]
    assert len(house.messages()) == 1


def test_many_senders_at_once_are_all_answered_after_their_rows(house: House) -> None:
    together = threading.Barrier(16)

    def send(number: int) -> tuple[int, int]:
        if number < 16:
            together.wait(60)
        return number, house.jira({"number": number}).status_code

    with ThreadPoolExecutor(16) as pool:
        answered = [number for number, status in pool.map(send, range(120)) if status == 202]
    kept = {orjson.loads(row.body or b"")["number"] for row in house.messages()}

    assert len(answered) == 120
    assert kept == set(range(120))


def test_paths_query_strings_and_secrets_are_in_no_log(
    house: House, outbound: bytes, said: Callable[[], str]
) -> None:
    house.outbound(outbound)
    house.outbound(outbound, secret="guessed-secret")
    house.door.post("/webhooks/nobody/hidden-segment?token=hidden-query", content=b"{}")
    house.door.post("/webhooks/jira?token=hidden-query", content=b"hidden-body")
    house.jira(b"hidden-body")
    house.signed(b"hidden-body", to="bare")
    house.drain()

    assert "inbox.unverified" in said()
    assert "inbox.turned_away" in said()
    for hidden in (PATH_SECRET, "guessed", "hidden", "nobody", "/webhooks", SECRET, MONITOR):
        assert hidden not in said()
