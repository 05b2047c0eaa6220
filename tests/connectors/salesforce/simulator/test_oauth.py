"""Logins: two flows, their refusals, and how sessions end."""

import base64
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient

from bridge.connectors.salesforce.simulator import SalesforceSimulator, Setup
from bridge.connectors.simulation.scale import Pace
from connectors.salesforce.simulator.still_clock import StillClock

TOKEN = "/services/oauth2/token"
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
SETUP = Setup(client_id="consumer", client_secret="s3cret", public_key=PUBLIC, username="me@acme")
GOOD = {"grant_type": "client_credentials", "client_id": "consumer", "client_secret": "s3cret"}


@pytest.fixture
def sim(clock: StillClock) -> SalesforceSimulator:
    return SalesforceSimulator(clock, Pace(0.001), setup=SETUP)


@pytest.fixture
def web(sim: SalesforceSimulator) -> TestClient:
    return TestClient(sim.app, base_url="http://org.example")


@pytest.fixture
def claims(clock: StillClock) -> dict[str, Any]:
    expiry = int(clock.now().timestamp()) + 170
    audience = "https://login.salesforce.com"
    return {"iss": "consumer", "sub": "me@acme", "aud": audience, "exp": expiry}


def test_client_credentials_open_a_session(web: TestClient, sim: SalesforceSimulator) -> None:
    answer = web.post(TOKEN, data=GOOD).json()

    assert set(answer) == {
        "access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at",
    }  # fmt: skip
    assert answer["access_token"].startswith(SETUP.org_id[:15] + "!")
    assert answer["instance_url"] == "http://org.example"
    headers = {"authorization": f"Bearer {answer['access_token']}"}
    assert web.get("/services/data/v67.0/limits", headers=headers).status_code == 200
    assert sim.sessions.opened == 1


def test_basic_credentials_do_too(web: TestClient) -> None:
    basic = base64.b64encode(b"consumer:s3cret").decode()

    answer = web.post(
        TOKEN,
        data={"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {basic}"},
    )

    assert "access_token" in answer.json()


def test_a_signed_assertion_opens_a_session(web: TestClient, claims: dict[str, Any]) -> None:
    form = {"grant_type": BEARER, "assertion": jwt.encode(claims, KEY, algorithm="RS256")}

    answer = web.post(TOKEN, data=form)

    assert answer.json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("change", "description"),
    [
        ({"iss": "someone"}, "client identifier invalid"),
        ({"sub": "other@acme"}, "user hasn't approved this consumer"),
        ({"aud": "https://elsewhere.example"}, "audience is invalid"),
        ({"aud": ["https://login.salesforce.com"]}, "audience is invalid"),
        ({"exp": 0}, "expired authorization code"),
        ({"exp": "soon"}, "expired authorization code"),
        ({"exp": 4_000_000_000}, "expiration is too far in the future"),
    ],
)
def test_a_wrong_claim_is_refused(
    web: TestClient, claims: dict[str, Any], change: Mapping[str, Any], description: str
) -> None:
    assertion = jwt.encode({**claims, **change}, KEY, algorithm="RS256")

    answer = web.post(TOKEN, data={"grant_type": BEARER, "assertion": assertion})

    assert answer.status_code == 400
    assert answer.json()["error_description"] == description


def test_an_assertion_of_another_key_or_algorithm_is_refused(
    web: TestClient, claims: dict[str, Any]
) -> None:
    foreign = jwt.encode(claims, STRANGER, algorithm="RS256")
    symmetric = jwt.encode(claims, "x" * 64, algorithm="HS256")

    for assertion in (foreign, symmetric, "a.b.c", ""):
        answer = web.post(TOKEN, data={"grant_type": BEARER, "assertion": assertion})
        assert answer.json() == {
            "error": "invalid_grant",
            "error_description": "invalid assertion",
        }


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client_id"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "u", "password": "p"}, "invalid_grant"),
    ],
)
def test_wrong_credentials_are_an_object_not_a_list(
    web: TestClient, change: Mapping[str, str], error: str
) -> None:
    answer = web.post(TOKEN, data={**GOOD, **change})

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_expired_sessions_ask_for_a_new_login(sim: SalesforceSimulator, web: TestClient) -> None:
    web.headers["authorization"] = f"Bearer {sim.sessions.open(sim.org.integration_user)}"
    before = web.get("/services/data/v67.0/limits").status_code

    sim.expire_sessions()
    after = web.get("/services/data/v67.0/limits")

    assert (before, after.status_code) == (200, 401)
    assert after.json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]
    assert "access_token" in web.post(TOKEN, data=GOOD).json()


def test_a_session_ends_when_it_is_not_used(
    sim: SalesforceSimulator, web: TestClient, clock: StillClock
) -> None:
    web.headers["authorization"] = f"Bearer {sim.sessions.open(sim.org.integration_user)}"
    statuses = []

    for wait in (7, 7, 7.3):  # two hours at this pace are 7.2 seconds
        clock.pass_(wait)
        statuses.append(web.get("/services/data/v67.0/limits").status_code)

    assert statuses == [200, 200, 401]


def test_a_blocked_app_cannot_log_in_until_it_is_approved(
    sim: SalesforceSimulator, web: TestClient
) -> None:
    sim.revoke()
    blocked = web.post(TOKEN, data=GOOD)
    sim.approve()
    allowed = web.post(TOKEN, data=GOOD)

    assert (blocked.status_code, blocked.json()["error"]) == (400, "invalid_grant")
    assert allowed.status_code == 200


def test_a_token_can_be_given_back(sim: SalesforceSimulator, web: TestClient) -> None:
    token = sim.sessions.open(sim.org.integration_user)

    revoked = web.post("/services/oauth2/revoke", data={"token": token})

    web.headers["authorization"] = f"Bearer {token}"
    assert revoked.status_code == 200
    assert web.get("/services/data/v67.0/limits").status_code == 401


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic x", "Bearer 00D!AQ"])
def test_without_a_session_nothing_is_told(web: TestClient, authorization: str) -> None:
    headers = {"authorization": authorization}

    answer = web.get("/services/data/v67.0/sobjects", headers=headers)

    assert answer.json()[0]["errorCode"] == "INVALID_SESSION_ID"
