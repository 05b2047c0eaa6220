"""Outgoing Webhooks: who is let in, what is kept, what is answered."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connectors.contract import Message
from bridge.connectors.teams.inbound import INBOUND, NO_COMMAND, signature
from bridge.connectors.teams.settings import TeamsSettings
from bridge.errors import Malformed, Unconfigured, Unverified

TOKEN = "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA="
OLD_TOKEN = base64.b64encode(b"the token of last year, 32 bytes").decode()
NOW = datetime(2026, 11, 23, 9, 56, 0, tzinfo=UTC)
TENANT, TEAM = "11111111-2222-4333-8444-555555555555", "19:bbbb@thread.tacv2"
SAMPLE = (Path(__file__).parent / "samples" / "mention.json").read_bytes()
SETTINGS = TeamsSettings.model_validate(
    {
        "webhook": {
            "secrets": ["env:TEAMS_TOKEN", "env:TEAMS_OLD_TOKEN"],
            "tenants": [TENANT],
            "teams": [TEAM],
        }
    }
)


def message(body: bytes, authorization: str) -> Message:
    headers = {"authorization": authorization} if authorization else {}
    return Message(connection="teams", headers=headers, body=body, received_at=NOW)


def signed(body: bytes, token: str = TOKEN) -> Message:
    digest = hmac.new(base64.b64decode(token), body, hashlib.sha256).digest()
    return message(body, f"HMAC {base64.b64encode(digest).decode()}")


def changed(**parts: Any) -> bytes:
    return json.dumps({**json.loads(SAMPLE), **parts}).encode()


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TEAMS_TOKEN", TOKEN)
    monkeypatch.setenv("TEAMS_OLD_TOKEN", OLD_TOKEN)
    return monkeypatch


def test_the_vector_of_the_facts_is_ours() -> None:
    body = b'{"type":"message","text":"<at>Synapse</at> status ABC-1"}'

    assert signature(TOKEN, body) == b"Kpqs0bWo5k67xZI7JSxIEgOpjrrKzUJ1kF3+c8Rx28w="


@pytest.mark.parametrize("token", [TOKEN, OLD_TOKEN])
def test_either_of_two_tokens_lets_a_message_in(token: str) -> None:
    given_ = signed(SAMPLE, token)

    INBOUND.verify(SETTINGS, given_, NOW)

    with pytest.raises(Unverified):
        INBOUND.verify(SETTINGS, message(SAMPLE + b" ", given_.headers["authorization"]), NOW)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "HMAC",
        "HMAC ",
        "HMAC AAAA",
        "Bearer x",
        "HMAC ünïcode",
        signed(SAMPLE).headers["authorization"].removeprefix("HMAC "),
        "Basic " + signed(SAMPLE).headers["authorization"].removeprefix("HMAC "),
        "HMAC " + signature(base64.b64encode(TOKEN.encode()).decode(), SAMPLE).decode(),
    ],
)
def test_a_wrong_or_missing_signature_is_unverified(authorization: str) -> None:
    with pytest.raises(Unverified, match="does not match"):
        INBOUND.verify(SETTINGS, message(SAMPLE, authorization), NOW)


def test_without_a_webhook_setting_nobody_is_let_in() -> None:
    with pytest.raises(Unconfigured, match="no webhook"):
        INBOUND.verify(TeamsSettings(), signed(SAMPLE), NOW)


@pytest.mark.parametrize("token", ["", "not base64!", "===="])
def test_a_token_that_cannot_be_used_is_our_fault_and_never_an_open_door(
    tokens: pytest.MonkeyPatch, token: str
) -> None:
    tokens.setenv("TEAMS_TOKEN", token)
    tokens.setenv("TEAMS_OLD_TOKEN", token)
    empty_key = base64.b64encode(hmac.new(b"", SAMPLE, hashlib.sha256).digest()).decode()

    with pytest.raises(Unconfigured):
        INBOUND.verify(SETTINGS, message(SAMPLE, f"HMAC {empty_key}"), NOW)


def test_one_unreadable_token_does_not_close_the_door_for_the_other(
    tokens: pytest.MonkeyPatch,
) -> None:
    tokens.delenv("TEAMS_OLD_TOKEN")

    INBOUND.verify(SETTINGS, signed(SAMPLE), NOW)

    with pytest.raises(Unconfigured, match="TEAMS_OLD_TOKEN"):
        INBOUND.verify(SETTINGS, message(SAMPLE, "HMAC AAAA"), NOW)


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_a_message_outside_the_tolerance_is_a_replay(minutes: int) -> None:
    sent_at = datetime(2026, 11, 23, 9, 55, 30, tzinfo=UTC)

    with pytest.raises(Unverified, match="tolerance"):
        INBOUND.verify(SETTINGS, signed(SAMPLE), sent_at + timedelta(minutes=minutes))


def test_a_message_without_a_time_is_refused() -> None:
    with pytest.raises(Unverified, match="no timestamp"):
        INBOUND.verify(SETTINGS, signed(changed(timestamp=None)), NOW)


def test_another_tenant_or_team_is_refused() -> None:
    other_tenant = changed(channelData={"teamsTeamId": TEAM, "tenant": {"id": "other"}})
    other_team = changed(channelData={"teamsTeamId": "19:x", "tenant": {"id": TENANT}})

    with pytest.raises(Unverified, match="tenant"):
        INBOUND.verify(SETTINGS, signed(other_tenant), NOW)
    with pytest.raises(Unverified, match=r"webhook\.teams"):
        INBOUND.verify(SETTINGS, signed(other_team), NOW)


def test_the_same_activity_has_one_key_however_it_is_written() -> None:
    rewritten = json.dumps(json.loads(SAMPLE), indent=2).encode()

    keys = {INBOUND.dedupe_key(SETTINGS, signed(body)) for body in (SAMPLE, rewritten)}

    assert keys == {"activity:19:aaaa@thread.tacv2;messageid=1795427700000/1795427730512"}
    assert INBOUND.dedupe_key(SETTINGS, signed(changed(id="2"))) not in keys


def test_a_body_without_an_id_is_known_by_its_bytes() -> None:
    keys = [INBOUND.dedupe_key(SETTINGS, signed(body)) for body in (b"{}", b"{ }", b"\xff", b"{}")]

    assert len(set(keys)) == 3
    assert all(key.startswith("sha256:") for key in keys)


def test_a_mention_is_kept_and_ignored_on_purpose() -> None:
    said = INBOUND.translate(SETTINGS, signed(SAMPLE))

    assert said.event_type == "teams.message"
    assert said.snapshots == ()
    assert said.ignored == NO_COMMAND


def test_another_kind_of_activity_is_ignored_too() -> None:
    said = INBOUND.translate(SETTINGS, signed(changed(type="messageUpdate")))

    assert said.event_type == "teams.messageUpdate"
    assert said.ignored


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b'{"type":', b"[]", b"null", b"{}", b'{"type": 5}', b"[" * 100_000]
)
def test_a_signed_body_that_cannot_be_read_is_kept_as_bad(body: bytes) -> None:
    INBOUND.verify(SETTINGS, signed(body), NOW)

    with pytest.raises(Malformed):
        INBOUND.translate(SETTINGS, signed(body))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
_ACTIVITIES = st.fixed_dictionaries(
    {"type": st.just("message") | _JSON},
    optional={"id": _JSON, "timestamp": _JSON, "conversation": _JSON, "channelData": _JSON},
)


@given(_JSON | _ACTIVITIES)
def test_whatever_json_is_signed_it_is_translated_or_malformed(value: Any) -> None:
    given_ = signed(json.dumps(value).encode())

    key = INBOUND.dedupe_key(SETTINGS, given_)
    try:
        said = INBOUND.translate(SETTINGS, given_)
    except Malformed:
        said = None

    assert key
    assert said is None or said.ignored


def test_the_answer_is_one_that_teams_shows() -> None:
    answer = INBOUND.acknowledge(SETTINGS, signed(SAMPLE))

    assert answer.status == 200
    assert answer.content_type == "application/json"
    assert json.loads(answer.body)["type"] == "message"
    assert json.loads(answer.body)["text"]
