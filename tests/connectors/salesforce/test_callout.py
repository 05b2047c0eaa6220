"""The way in for JSON callouts: signature, replay window, shapes."""

from datetime import timedelta

import orjson
import pytest

from bridge.connectors.contract import Message
from bridge.connectors.salesforce.inbound import acknowledge, dedupe_key, translate, verify
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.errors import Malformed, Unconfigured, Unverified
from clocks import START
from connectors.salesforce.org import (
    CASE,
    NEXT_CALLOUT_SECRET,
    callout,
    outbound,
    sample,
    settings_of,
)

CREATED = sample("callout__created.json")
RECORD = {"Id": CASE, "Status": "New", "SystemModstamp": "2026-11-23T08:41:07.000+0000"}
VECTOR = Message(  # signed with another program: openssl dgst -sha256 -hmac callout-secret-1
    connection="salesforce",
    headers={
        "x-signature-timestamp": "1795424400",
        "x-signature": "v1=d139b8820f4617ef5182b96140aad71d3359072acf1d8e1d3d88bc152e1fa9a3",
    },
    body=b'{"object":"Case","record":{"Id":"500Wq00000KfLmNIAV"}}',
    received_at=START,
)


def test_a_signature_made_by_another_program_is_right(settings: SalesforceSettings) -> None:
    verify(settings, VECTOR, START)

    assert translate(settings, VECTOR).event_type == "salesforce.callout"


def test_each_of_two_secrets_signs(settings: SalesforceSettings) -> None:
    verify(settings, callout(CREATED, START), START)
    verify(settings, callout(CREATED, START, secret=NEXT_CALLOUT_SECRET), START)

    with pytest.raises(Unverified, match="does not match"):
        verify(settings, callout(CREATED, START, secret="another"), START)


def test_the_raw_bytes_are_signed(settings: SalesforceSettings) -> None:
    signed = callout(CREATED, START)
    changed = Message(
        connection="salesforce",
        headers=signed.headers,
        body=orjson.dumps(orjson.loads(CREATED)),
        received_at=START,
    )

    with pytest.raises(Unverified, match="does not match"):
        verify(settings, changed, START)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_replay_is_refused_whether_late_or_early(
    settings: SalesforceSettings, minutes: int
) -> None:
    message = callout(CREATED, START)

    verify(settings, message, START + timedelta(minutes=4))
    with pytest.raises(Unverified, match="too old or ahead"):
        verify(settings, message, START + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "headers",
    [
        {"x-signature": ""},
        {"x-signature": "v1="},
        {"x-signature": "sha256=00"},
        {"x-signature": "v1=é\udcff"},
        {"x-signature-timestamp": ""},
        {"x-signature-timestamp": "now"},
        {"x-signature-timestamp": "-1"},
        {"x-signature-timestamp": "١٢٣"},
        {"x-signature-timestamp": "1795424401"},
        {"x-signature-timestamp": "9" * 13},
    ],
)
def test_a_missing_or_strange_signature_is_refused(
    settings: SalesforceSettings, headers: dict[str, str]
) -> None:
    with pytest.raises(Unverified):
        verify(settings, callout(CREATED, START, headers=headers), START)


def test_without_a_secret_the_endpoint_is_closed_by_our_fault() -> None:
    closed = settings_of(webhook={"path_secrets": ["env:SF_PATH"]})

    with pytest.raises(Unconfigured):
        verify(closed, callout(CREATED, START), START)


def test_the_senders_event_id_is_the_key_else_all_that_was_signed(
    settings: SalesforceSettings,
) -> None:
    later = START + timedelta(seconds=9)
    bare = orjson.dumps({"object": "Case", "record": RECORD})

    same = {dedupe_key(settings, callout(CREATED, at)) for at in (START, later)}
    apart = {dedupe_key(settings, callout(bare, at)) for at in (START, later)}

    assert len(same) == 1
    assert len(apart) == 2


def test_one_fact_by_message_and_by_callout_has_one_version(settings: SalesforceSettings) -> None:
    by_soap = translate(settings, outbound(sample("outbound_message__two_cases.xml"), START))
    by_json = translate(settings, callout(sample("callout__trigger_batch.json"), START))

    assert by_soap.snapshots[0].version == by_json.snapshots[0].version != ""
    assert by_soap.snapshots[0].ref == by_json.snapshots[0].ref


@pytest.mark.parametrize(
    "value",
    [
        {"object": "Case", "record": RECORD},
        {"object": "Case", "records": [RECORD]},
        [{"object": "Case", "record": RECORD}],
        {"attributes": {"type": "Case"}, **RECORD},
        {"record": {"attributes": {"type": "Case"}, **RECORD}},
    ],
)
def test_these_bodies_say_the_same(settings: SalesforceSettings, value: object) -> None:
    (snapshot,) = translate(settings, callout(orjson.dumps(value), START)).snapshots

    assert (snapshot.object, snapshot.ref.id, snapshot.fields) == ("Case", CASE, RECORD)


@pytest.mark.parametrize(
    "value",
    [
        None,
        17,
        "text",
        [],
        {},
        {"object": "Case"},
        {"object": "Case", "record": None},
        {"object": "Case", "record": {}},
        {"object": "Case", "record": {"Id": None}},
        {"object": "Case", "record": {"Id": "short"}},
        {"object": "../x", "record": RECORD},
        {"object": None, "record": RECORD},
        {"object": "Case", "act": "upserted", "record": RECORD},
        {"object": "Case", "records": []},
        {"object": "Case", "record": {**RECORD, "SystemModstamp": "soon"}},
        {"object": "Case", "record": {**RECORD, "SystemModstamp": 5}},
        [{"object": "Case", "record": RECORD}] * 2_001,
        {"data": {"payload": {"ChangeEventHeader": {}}}},
    ],
)
def test_a_body_of_another_shape_is_bad_and_has_a_key(
    settings: SalesforceSettings, value: object
) -> None:
    message = callout(orjson.dumps(value), START)

    assert dedupe_key(settings, message)
    with pytest.raises(Malformed):
        translate(settings, message)


def test_json_that_is_nested_without_end_is_bad(settings: SalesforceSettings) -> None:
    nested = b'{"object":"Case","record":{"Id":"%s","x":%s%s}}' % (
        CASE.encode(),
        b"[" * 200,
        b"]" * 200,
    )

    for body in (nested, b"[" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(Malformed):
            translate(settings, callout(body, START))


def test_a_callout_is_told_202(settings: SalesforceSettings) -> None:
    assert acknowledge(settings, callout(CREATED, START)).status == 202


def test_the_bytes_decide_what_a_message_is_before_its_type_does(
    settings: SalesforceSettings,
) -> None:
    soap = sample("outbound_message__two_cases.xml")
    mislabelled = Message(
        connection="salesforce",
        headers={"content-type": "application/json"},
        body=b"\xef\xbb\xbf \n" + soap.removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>'),
        received_at=START,
        path_secret="path-secret-1",
    )

    assert acknowledge(settings, mislabelled).status == 200
    verify(settings, callout(CREATED, START, headers={"content-type": "text/xml"}), START)


def test_a_record_that_carries_our_write_key_is_known_as_ours(settings: SalesforceSettings) -> None:
    body = orjson.dumps({"object": "Case", "record": {**RECORD, "Bridge_Key__c": "key-1"}})

    (ours,) = translate(settings, callout(body, START)).snapshots
    (other,) = translate(settings, callout(CREATED, START)).snapshots

    assert ours.mark is not None
    assert (ours.mark.write_keys, ours.mark.key) == (("key-1",), CASE)
    assert ours.mark.url.endswith(f"/lightning/r/Case/{CASE}/view")
    assert other.mark is None
