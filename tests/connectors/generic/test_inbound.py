"""Signed JSON from anybody: who is let in, and what it says."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.canonical.event import Act
from bridge.connectors.contract import Message, Snapshot
from bridge.connectors.generic import CONNECTOR, Listener, check
from bridge.connectors.generic.inbound import translate
from bridge.connectors.generic.settings import GenericSettings
from bridge.connectors.generic.signature import dedupe_key, verify
from bridge.errors import Malformed, Unconfigured, Unverified
from clocks import START

SECRET = "a-secret-of-32-bytes-a-secret-of"
# The test vector of Standard Webhooks' own libraries.
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_ID, VECTOR_TIME = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
VECTOR = b'{"test": 2432232314}'
VECTOR_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
BODY = orjson.dumps({"object": "alert", "id": 7, "fields": {"title": "Tide"}})
NOW = int(START.timestamp())
LEAVES = st.none() | st.booleans() | st.integers(-9, 2**63) | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
PARTS = st.sampled_from(["object", "id", "act", "stamp", "version", "fields"])


def settings_of(**changes: Any) -> GenericSettings:
    webhook = {"secrets": ["env:GENERIC_NEW", "env:GENERIC"]}
    return GenericSettings.model_validate({"system": "generic", "webhook": webhook} | changes)


def message(body: bytes, **headers: str) -> Message:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Message(connection="monitor", headers=named, body=body, received_at=START)


def plain(body: bytes, *, at: int = NOW, secret: str = SECRET) -> Message:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return message(body, x_signature_timestamp=str(at), x_signature=f"v1={digest}")


def shown(value: dict[str, Any], **changes: Any) -> Snapshot:
    (snapshot,) = translate(settings_of(**changes), message(orjson.dumps(value))).snapshots
    return snapshot


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENERIC", SECRET)
    monkeypatch.setenv("GENERIC_NEW", WHSEC)


@pytest.mark.parametrize("first", ["", "v1,AAAA ", "v1a,AAAA "])
def test_the_vector_of_standard_webhooks_is_let_in(first: str) -> None:
    headers = {
        "webhook_id": VECTOR_ID,
        "webhook_timestamp": str(VECTOR_TIME),
        "webhook_signature": first + VECTOR_SIGNATURE,
    }
    now = datetime.fromtimestamp(VECTOR_TIME, UTC)

    verify(settings_of(), message(VECTOR, **headers), now)

    with pytest.raises(Unverified):
        verify(settings_of(), message(VECTOR + b" ", **headers), now)


def test_a_plain_signature_covers_body_and_time() -> None:
    good = plain(BODY)
    moved = {**good.headers, "x-signature-timestamp": str(NOW + 1)}

    verify(settings_of(), good, START)

    with pytest.raises(Unverified, match="no valid secret"):
        verify(settings_of(), Message(**{**vars(good), "headers": moved}), START)
    with pytest.raises(Unverified, match="no valid secret"):
        verify(settings_of(), plain(BODY, secret="another"), START)


@pytest.mark.parametrize("off", [-301, 301])
def test_a_replayed_message_is_refused(off: int) -> None:
    verify(settings_of(), plain(BODY, at=NOW + off // 2), START)

    with pytest.raises(Unverified, match="timestamp"):
        verify(settings_of(), plain(BODY, at=NOW + off), START)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_signature": "v1=00"},
        {"x_signature": "v1=00", "x_signature_timestamp": "٣"},
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": "", "webhook_timestamp": str(NOW)},
    ],
    ids=range(5),
)
def test_what_proves_nothing_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unverified):
        verify(settings_of(), message(BODY, **headers), START)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!"])
def test_a_secret_of_ours_that_is_none_is_our_fault(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERIC", secret)

    with pytest.raises(Unconfigured):
        verify(settings_of(), plain(BODY), START)
    with pytest.raises(Unconfigured):
        verify(settings_of(webhook={}), plain(BODY), START)


def test_the_key_is_the_senders_id_else_what_was_signed() -> None:
    settings = settings_of()
    messages = [
        message(BODY, webhook_id="m-1"),
        message(BODY + b" ", webhook_id="m-1"),
        plain(BODY),
        plain(BODY, at=NOW + 1),
    ]

    keys = [dedupe_key(settings, one) for one in messages]

    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_a_record_under_its_own_names() -> None:
    stamp = "2026-11-23T10:00:00+01:00"
    value = {"object": "alert", "id": 7, "act": "updated", "stamp": stamp, "fields": {"a": None}}

    found = shown(value)

    assert str(found.ref) == "monitor:alert:7"
    assert (found.act, found.version) == (Act.UPDATED, "2026-11-23T09:00:00+00:00")
    assert found.occurred_at == found.stamp == START
    assert (found.fields, found.complete) == ({"a": None}, False)


def test_a_record_where_the_paths_say() -> None:
    paths = {"id": "data.ticket.id", "fields": "data.ticket", "version": "seq"}
    value = {"data": {"ticket": {"id": "T-1", "state": "open"}}, "seq": 12}

    found = shown(value, object="ticket", paths=paths)

    assert str(found.ref) == "monitor:ticket:T-1"
    assert (found.act, found.version) == (Act.SEEN, "12")
    assert found.fields["state"] == "open"


@pytest.mark.parametrize("act", ["created", "deleted"])
def test_a_creation_is_one_fact_however_often_it_is_told(act: str) -> None:
    value = {"object": "alert", "id": 7, "act": act, "version": 1, "fields": {}}

    assert shown(value).version == shown(value | {"version": 2}).version == ""


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": True},
        {"id": ""},
        {"object": "a:b"},
        {"object": None},
        {"act": "moved"},
        {"act": {}},
        {"stamp": "2026-11-23T10:00:00"},
        {"stamp": 5},
        {"fields": []},
    ],
    ids=range(10),
)
def test_a_record_that_cannot_be_told_is_bad(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        shown({"object": "alert", "id": 7, "fields": {}} | change)


@given(st.dictionaries(PARTS, JSON) | JSON)
def test_any_json_is_a_record_or_bad(value: Any) -> None:
    try:
        found = translate(settings_of(), message(orjson.dumps(value))).snapshots
    except Malformed:
        return

    assert len(found) == 1


@given(st.binary())
def test_any_bytes_are_a_record_or_bad(body: bytes) -> None:
    with pytest.raises(Malformed):
        translate(settings_of(), message(body))


def test_doctor_says_whether_somebody_can_be_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    good = check(Listener(settings_of()))
    none = check(Listener(settings_of(webhook={})))
    monkeypatch.delenv("GENERIC")
    gone = check(Listener(settings_of()))

    assert [line.ok for line in (*good, *none, *gone)] == [True, False, False]
    assert none[0].remedy
    assert "GENERIC" in gone[0].detail


def test_it_can_only_listen() -> None:
    assert CONNECTOR.actions == ()
    assert CONNECTOR.reader is None
    assert CONNECTOR.hosts(settings_of()) == ()


def test_the_tolerance_has_a_limit() -> None:
    webhook = {"secrets": ["env:GENERIC"], "tolerance": timedelta(hours=2)}

    with pytest.raises(ValueError, match="1 hour"):
        settings_of(webhook=webhook)
