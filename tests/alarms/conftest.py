"""Receivers of alarms on real sockets, and an alarm to send them."""

import ssl
from collections.abc import Iterable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from alarms.listeners import KEY, WEBHOOK, Channels, Secrets, Tell, Tls, addresses
from alarms.mailbox import Mailbox
from alarms.receiver import Receiver
from bridge.alarms.addresses import Means, say
from bridge.alarms.alarm import Alarm
from bridge.alarms.tables import State
from clocks import START, FakeClock


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    key, path = ec.generate_private_key(ec.SECP256R1()), tmp_path_factory.mktemp("tls")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START - timedelta(days=10_000))
        .not_valid_after(START + timedelta(days=10_000))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    both: Path = path / "both.pem"
    both.write_bytes(secret + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(both)
    return Tls(server, ssl.create_default_context(cadata=pem.decode()))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    yield made
    made.close()


@pytest.fixture
def alarm(clock: FakeClock) -> Alarm:
    """Salesforce does not let us in."""
    return Alarm(
        seq=1,
        key="connection:salesforce",
        kind="paused",
        state=State.DOWN,
        text="salesforce does not accept our\ncredentials: 客户 😀",
        remedy="renew them",
        link="https://bridge.example.com/api/v1/connections/salesforce",
        over="",
        since=clock.now(),
        count=1,
        said=State.UP,
        said_at=None,
        address="",
        failures=0,
    )


@pytest.fixture
def channels() -> Channels:
    return Channels()


@pytest.fixture
def means(channels: Channels, tls: Tls) -> Means:
    return Means(post_to_channel=channels.post, tls=lambda: tls.client)


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Secrets:
    """The webhook's URL and key, and the password of the mail server."""
    monkeypatch.setenv("ALARM_URL", receiver.url)
    monkeypatch.setenv("ALARM_KEY", f"whsec_{KEY}")
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2")
    return WEBHOOK["webhook"]


@pytest.fixture
def tell(alarm: Alarm, secrets: Secrets, means: Means, clock: FakeClock) -> Tell:
    """Says an alarm to addresses as they stand in `bridge.yaml`; each time a minute later."""

    def go(*raw: dict[str, Any], broken: Iterable[str] = (), about: Alarm = alarm) -> str | None:
        return say(
            about,
            addresses(*raw),
            broken=frozenset(broken),
            means=means,
            now=clock.advance(60),
        )

    return go
