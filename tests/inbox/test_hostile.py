"""Rubbish, through the real route and on through the drain: refused, or kept and marked; never a 500."""

import json
from uuid import uuid4

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.access.keys import Role
from bridge.inbox.tables import MessageRow, MessageState
from inbox.hostile import BOMB, EXTERNAL, LITERALS, bodies, everywhere, mutated
from inbox.house import INCIDENT, House
from properties import SHARING

ONE_HOUSE = settings(suppress_health_check=SHARING)
ENDED = {MessageState.TRANSLATED, MessageState.IGNORED, MessageState.BAD}
REFUSED_BY_A_DATABASE = ['"a\\u0000b"', json.dumps("😀" * 3_000), "1e308", "[" * 300 + "]" * 300]


def ended(house: House) -> list[MessageRow]:
    """Drains; every message must have come to an end, and say why unless it is a fact."""
    house.drain()
    rows = house.messages()
    for row in rows:
        assert row.state in ENDED, (row.state, row.reason, row.body)
        assert bool(row.reason) is (row.state != MessageState.TRANSLATED)
        assert not row.reason.startswith("bug"), (row.reason, row.body)
    return rows


@ONE_HOUSE
@given(body=bodies("jira"))
def test_whatever_jira_signs_is_kept_and_comes_to_an_end(house: House, body: bytes) -> None:
    assert house.jira(body).status_code == 202
    assert any(row.body == body for row in ended(house))


def test_a_fact_may_hold_anything_anywhere(house: House) -> None:
    sent = list(everywhere(INCIDENT, REFUSED_BY_A_DATABASE))
    for body in sent:
        assert house.jira(body).status_code == 202

    assert {row.body for row in ended(house)} == set(sent)


@ONE_HOUSE
@given(body=bodies("salesforce"))
def test_whatever_a_callout_signs_is_kept_and_comes_to_an_end(house: House, body: bytes) -> None:
    answer = house.callout(body)
    if answer.status_code == 401:  # it begins like an Outbound Message, which this is not
        return
    assert answer.status_code == 202
    ended(house)


@ONE_HOUSE
@given(body=bodies("jira") | mutated(b'{"object":"alert","id":1,"act":"updated","fields":{"a":1}}'))
def test_whatever_a_system_without_a_connector_signs_comes_to_an_end(
    house: House, body: bytes
) -> None:
    assert house.signed(body).status_code == 202
    assert any(row.body == body for row in ended(house))


@ONE_HOUSE
@given(
    body=bodies("jira"),
    to=st.sampled_from(["jira", "monitor", "salesforce", "salesforce/guess", "teams", "bare", "x"]),
    header=st.sampled_from(["x-hub-signature", "x-signature", "authorization", "x-bridge-pass"]),
    said=st.binary(max_size=80) | st.sampled_from([b"sha256=", b"v1=", b"HMAC ", b"sha256=\xff"]),
)
def test_what_nobody_signed_is_refused_and_not_kept(
    house: House, body: bytes, to: str, header: str, said: bytes
) -> None:
    value = said.translate(None, b"\r\n\0").strip()
    answer = house.door.post(f"/webhooks/{to}", content=body, headers=[(header.encode(), value)])

    assert answer.status_code == {"x": 404, "bare": 503, "teams": 503}.get(to, 401)
    assert house.messages() == []


@pytest.mark.parametrize("name", ["bomb", "external", "no notifications", "deep", "cut", "no xml"])
def test_xml_that_means_harm_is_refused(house: House, name: str) -> None:
    envelope = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
        "<soapenv:Body>%s</soapenv:Body></soapenv:Envelope>"
    )
    notifications = (
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>'
        f"{house.organization}</OrganizationId>%s</notifications>"
    )
    harm = {
        "bomb": BOMB + envelope % notifications % "&c;",
        "external": EXTERNAL + envelope % notifications % "&a;",
        "no notifications": envelope % "",
        "deep": envelope % notifications % ("<a>" * 10_000 + "</a>" * 10_000),
        "cut": (envelope % notifications % "")[:-20],
        "no xml": "<",
    }

    answer = house.outbound(harm[name].encode())

    assert answer.status_code == 401
    assert "passwd" not in answer.text
    assert house.messages() == []


@ONE_HOUSE
@given(
    inner=st.sampled_from(
        [
            "",
            "<Notification/>",
            "<Notification><Id>04l</Id></Notification>",
            "<Notification><Id>04l</Id><sObject/></Notification>",
            "<Notification><Id>04l</Id><sObject><Id>500</Id></sObject></Notification>",
            "<Notification><Id>&#xFFFD;</Id><sObject xsi:type='x'/></Notification>",
            "<Notification><Id>1</Id></Notification>" * 101,
        ]
    )
    | st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=30)
)
def test_an_outbound_message_of_our_org_is_kept_whatever_it_holds(house: House, inner: str) -> None:
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{house.organization}</OrganizationId>{inner}"
        "</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()

    answer = house.outbound(body)

    if "xsi:type='x'" in inner:  # a prefix of nowhere: it cannot be read, so nor can its org
        assert answer.status_code in {200, 401}
        return
    assert (answer.status_code, b"<Ack>true</Ack>" in answer.content) == (200, True)
    assert MessageState.TRANSLATED not in {row.state for row in ended(house)}


@pytest.mark.parametrize(
    ("body", "state", "reason"),
    [
        (b'{"webhookEvent": {}}', "bad", "not as Jira documents it: webhookEvent"),
        (b'{"webhookEvent": "jira:issue_created"}', "bad", "issue"),
        (b'{"webhookEvent": "something_new", "x": 1}', "ignored", "an event we do not know"),
        (b"", "bad", "the body is empty"),
        (b"[]", "bad", "not a JSON object"),
        (b'{"webhookEvent": "jira:issue_cre', "bad", "not JSON"),
        (b"[" * 100_000, "bad", "not JSON"),
        (b"\x00\xff" * 10, "bad", "not JSON"),
    ],
    ids=str,
)
def test_correctly_signed_rubbish_is_marked_and_can_be_found_and_read_again(
    house: House, body: bytes, state: str, reason: str
) -> None:
    client = house.client(Role.OPERATOR)

    assert house.jira(body).status_code == 202
    house.drain()
    (found,) = client.get(f"/api/v1/messages?state={state}").json()["items"]
    again = client.post(
        "/api/v1/messages:retranslate",
        json={"ids": [found["id"]]},
        headers={"Idempotency-Key": str(uuid4())},
    )
    pending = house.messages()[0].state
    house.drain()

    assert reason in found["reason"]
    assert again.json()["count"] == 1
    assert pending == MessageState.PENDING
    assert house.messages()[0].state == state
    assert ("bad:jira" in house.alarms()) is (state == "bad")


def test_rubbish_stops_nothing_that_comes_with_it(house: House) -> None:
    for number, literal in enumerate(LITERALS):
        house.jira(literal.encode())
        house.jira({"webhookEvent": "user_created", "number": number})
    house.jira(orjson.dumps({"webhookEvent": "last_of_all"}))

    rows = ended(house)

    assert [row.event_type for row in rows].count("user_created") == len(LITERALS)
    assert rows[-1].event_type == "last_of_all"
