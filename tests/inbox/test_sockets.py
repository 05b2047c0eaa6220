"""The way in on real sockets: bodies that are late, cut, or not as long as they say."""

import hashlib
import hmac
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bridge.connectors.simulation.serve import Served
from bridge.web import api
from inbox.house import SECRET, House

Speak = Callable[[bytes], Iterator[socket.socket]]
BODY = b'{"webhookEvent": "user_created"}'
SIGNATURE = b"sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest().encode()
HEAD = (
    b"POST /webhooks/jira HTTP/1.1\r\nHost: bridge\r\nConnection: close\r\nX-Hub-Signature: "
    + SIGNATURE
    + b"\r\n"
)
LENGTH = b"Content-Length: %d\r\n\r\n"


@pytest.fixture
def address(house: House) -> Iterator[tuple[str, int]]:
    """Where the house listens, its workers at work."""
    with Served(api(house.bridge)) as served:
        host, port = served.url.removeprefix("http://").split(":")
        yield host, int(port)


@contextmanager
def sent(address: tuple[str, int], data: bytes) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=60) as line:
        line.sendall(data)
        yield line


def status(line: socket.socket) -> int:
    """Of the first answer on this line; 0 when it was closed without one."""
    with line.makefile("rb") as answer:
        first: bytes = answer.readline()
    return int(first.split()[1]) if first else 0


def test_a_body_that_does_not_come_is_408(house: House, address: tuple[str, int]) -> None:
    house.bridge.read_seconds = 0.0

    with sent(address, HEAD + LENGTH % len(BODY) + BODY[:5]) as line:
        assert status(line) == 408

    assert house.messages() == []
    assert house.bridge.in_flight_bytes == 0
    assert house.metric("bridge_messages_total", connection="jira", result="slow") == 1


def test_a_sender_that_hangs_up_leaves_nothing_behind_and_is_no_bug(
    house: House, address: tuple[str, int], said: Callable[[], str]
) -> None:
    with sent(address, HEAD + LENGTH % len(BODY) + BODY[:5]) as line:
        line.shutdown(socket.SHUT_WR)
        assert status(line) in {0, 400}

    with sent(address, HEAD + LENGTH % len(BODY) + BODY) as line:
        assert status(line) == 202
    assert "http.bug" not in said()
    assert house.bridge.in_flight_bytes == 0
    assert house.metric("bridge_messages_total", connection="jira", result="broken_off") == 1
    assert len(house.messages()) == 1


def test_a_length_above_the_maximum_is_413_before_a_byte_of_it_is_read(
    house: House, address: tuple[str, int]
) -> None:
    with sent(address, HEAD + LENGTH % 30_000_000) as line:
        assert status(line) == 413

    assert house.metric("bridge_messages_total", connection="jira", result="too_large") == 1


def test_a_length_that_is_too_small_cuts_the_body_so_that_its_signature_fails(
    house: House, address: tuple[str, int]
) -> None:
    with sent(address, HEAD + LENGTH % 5 + BODY) as line:
        assert status(line) == 401

    assert house.messages() == []


def test_without_a_length_the_bytes_are_counted(house: House, address: tuple[str, int]) -> None:
    block = b"x" * 1_000_000
    chunk = b"%x\r\n%b\r\n" % (len(block), block)

    with sent(address, HEAD + b"Transfer-Encoding: chunked\r\n\r\n") as line:
        try:
            for _ in range(30):
                line.sendall(chunk)
            line.sendall(b"0\r\n\r\n")
        except OSError:
            assert house.metric("bridge_messages_total", connection="jira", result="too_large") == 1
            return
        assert status(line) == 413


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"9" * 30, b"0x20", b"32, 33"])
def test_a_length_that_is_no_number_is_refused(
    house: House, address: tuple[str, int], length: bytes
) -> None:
    with sent(address, HEAD + b"Content-Length: " + length + b"\r\n\r\n" + BODY) as line:
        assert 400 <= status(line) < 500

    assert house.messages() == []
