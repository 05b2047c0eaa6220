"""Who is let in, who is not, and when the fault is ours."""

import base64
from datetime import timedelta

import jwt
import pytest

from bridge.connectors.contract import Message
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.jira.signature import dedupe_key, verify
from bridge.errors import Unconfigured, Unverified
from clocks import START
from connectors.jira.harbour import (
    AUTOMATION_SECRET,
    NEXT_SECRET,
    SECRET,
    sample,
    settings_of,
    signed,
    unsigned,
)

BODY = sample("issue_created")
CLIENT_SECRET = "the client secret of an app, long enough"
VECTOR = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"


def test_atlassians_own_test_vector_is_let_in(settings: JiraSettings) -> None:
    verify(settings, unsigned(b"Hello World!", x_hub_signature=VECTOR), START)

    with pytest.raises(Unverified):
        verify(settings, unsigned(b"Hello World?", x_hub_signature=VECTOR), START)


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET])
def test_two_secrets_are_valid_at_once(secret: str, settings: JiraSettings) -> None:
    verify(settings, signed(BODY, secret=secret), START)

    with pytest.raises(Unverified):
        verify(settings, signed(BODY, secret=f"{secret}x"), START)


@pytest.mark.parametrize(
    "signature",
    ["", "sha256", "sha256=", "md5=00", "sha1=00", "=00", VECTOR[7:], "sha256=é", "sha256=\udcff"],
    ids=range(9),
)
def test_a_signature_that_proves_nothing_is_refused(signature: str, settings: JiraSettings) -> None:
    with pytest.raises(Unverified):
        verify(settings, unsigned(b"Hello World!", x_hub_signature=signature), START)


def test_a_message_without_any_proof_is_refused(settings: JiraSettings) -> None:
    with pytest.raises(Unverified, match="no signature"):
        verify(settings, unsigned(BODY), START)


def test_a_secret_header_does_not_mend_a_wrong_signature(settings: JiraSettings) -> None:
    message = signed(BODY, secret="wrong", x_bridge_secret=SECRET)

    with pytest.raises(Unverified):
        verify(settings, message, START)


@pytest.mark.parametrize(
    "webhook",
    [{}, {"secrets": ["env:NOT_SET"]}, {"secrets": ["env:NOT_SET", "env:JIRA_HOOK_NEXT"]}],
)
def test_a_secret_of_ours_that_is_missing_is_our_fault(webhook: dict[str, object]) -> None:
    with pytest.raises(Unconfigured):
        verify(settings_of(webhook=webhook), signed(BODY), START)


def test_a_secret_that_fits_counts_even_if_another_cannot_be_read() -> None:
    settings = settings_of(webhook={"secrets": ["env:NOT_SET", "env:JIRA_HOOK"]})

    verify(settings, signed(BODY), START)

    with pytest.raises(Unconfigured, match="env:NOT_SET"):
        verify(settings, signed(BODY, secret="another"), START)


def test_no_secret_and_no_proof_is_our_fault_and_never_open() -> None:
    with pytest.raises(Unconfigured, match=r"webhook\.secrets"):
        verify(settings_of(webhook={}), unsigned(BODY), START)


def test_automation_brings_a_secret_in_a_header_of_its_own() -> None:
    settings = settings_of(
        webhook={
            "secrets": ["env:JIRA_HOOK"],
            "automation_header": "X-Harbour",
            "automation_secrets": ["env:JIRA_AUTOMATION"],
        }
    )

    verify(settings, unsigned(BODY, x_harbour=AUTOMATION_SECRET), START)

    with pytest.raises(Unverified):
        verify(settings, unsigned(BODY, x_harbour=SECRET), START)


def test_automation_may_use_the_webhook_secret_where_it_has_none(settings: JiraSettings) -> None:
    verify(settings, unsigned(BODY, x_bridge_secret=SECRET), START)

    with pytest.raises(Unverified):
        verify(settings, unsigned(BODY, x_bridge_secret=""), START)


def test_data_center_may_use_basic_auth() -> None:
    settings = settings_of(webhook={"basic": {"user": "hook", "password": "env:JIRA_BASIC"}})
    said = base64.b64encode(b"hook:basic-pass").decode()

    verify(settings, unsigned(BODY, authorization=f"Basic {said}"), START)

    with pytest.raises(Unverified):
        verify(settings, unsigned(BODY, authorization="Basic aG9vazo="), START)


def test_an_old_message_is_refused_where_an_age_is_set() -> None:
    settings = settings_of(webhook={"secrets": ["env:JIRA_HOOK"], "max_age": "2h"})
    now = START + timedelta(hours=1)
    young, old = START - timedelta(minutes=59), START - timedelta(minutes=61)
    at = [{**BODY, "timestamp": int(moment.timestamp() * 1000)} for moment in (young, old)]

    verify(settings, signed(at[0]), now)

    with pytest.raises(Unverified, match="max_age"):
        verify(settings, signed(at[1]), now)


def test_a_retry_has_the_key_of_its_first_try(settings: JiraSettings) -> None:
    first = signed(BODY, x_atlassian_webhook_identifier="4f2a")
    again = signed(BODY, x_atlassian_webhook_identifier="4f2a", x_atlassian_webhook_retry="1")
    other = signed(BODY, x_atlassian_webhook_identifier="4f2b")

    keys = [dedupe_key(settings, message) for message in (first, again, other)]

    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    "message",
    [unsigned(b"{}"), unsigned(b"{}", x_atlassian_webhook_identifier=" ")],
    ids=["absent", "blank"],
)
def test_without_an_identifier_the_body_is_the_key(
    message: Message, settings: JiraSettings
) -> None:
    assert dedupe_key(settings, message) != dedupe_key(settings, unsigned(b"{} "))
    assert dedupe_key(settings, message).startswith("sha256:44136fa355b3678a")


@pytest.mark.parametrize(
    ("secret", "ends", "proves"),
    [
        (CLIENT_SECRET, 180, True),
        (CLIENT_SECRET, -1, False),
        ("another client secret, long enough", 180, False),
    ],
)
def test_what_an_app_registered_proves_itself_by_a_token(
    monkeypatch: pytest.MonkeyPatch, secret: str, ends: int, *, proves: bool
) -> None:
    """HS256 with the app's client secret, which is one of `secrets` here."""
    monkeypatch.setenv("CLIENT_SECRET", CLIENT_SECRET)
    hook = {"secrets": ["env:JIRA_HOOK", "env:CLIENT_SECRET"]}
    settings = settings_of(oauth=True, webhook=hook)
    claims = {"iss": "jira", "exp": START + timedelta(seconds=ends)}
    message = unsigned(b"{}", authorization=f"Bearer {jwt.encode(claims, secret)}")

    if proves:
        verify(settings, message, START)
    else:
        with pytest.raises(Unverified):
            verify(settings, message, START)


def test_a_token_proves_nothing_where_we_are_no_app() -> None:
    message = unsigned(b"{}", authorization=f"Bearer {jwt.encode({}, CLIENT_SECRET)}")

    with pytest.raises(Unverified):
        verify(settings_of(), message, START)
