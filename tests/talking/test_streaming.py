"""A file goes from one system to the other piece by piece, and its bytes are kept nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from typing_extensions import override

from bridge.connectors.files import File, form, measured
from bridge.errors import AmbiguousOutcome, PermanentError, TransientError
from bridge.exchange import recording
from bridge.http import Http, within

SITE, STORE = "https://acme.example/file", "https://media.example/1"
TOKEN = {"authorization": "Basic secret"}


def to_the_store(request: httpx.Request) -> httpx.Response:
    if str(request.url) == SITE:
        return httpx.Response(303, headers={"location": STORE})
    return httpx.Response(200, content=str(request.headers.get("authorization")).encode())


def http(*hosts: str, answer: httpx.MockTransport | None = None) -> Http:
    transport = answer or httpx.MockTransport(to_the_store)
    return Http("jira", allow_hosts=frozenset(hosts), transport=transport)


def file(*pieces: bytes, size: int) -> File:
    return File(name="a.txt", type="text/plain", size=size, pieces=lambda: iter(pieces))


def test_a_file_that_is_led_to_another_host_is_fetched_there_without_the_token() -> None:
    ours = http("acme.example", "media.example")

    with ours.download(SITE, headers=TOKEN) as response:
        read = b"".join(response.iter_bytes())

    assert read == b"None"


def test_a_file_that_is_led_to_a_host_that_is_not_allowed_is_not_fetched() -> None:
    ours = http("acme.example")

    with (
        pytest.raises(PermanentError, match="is not on the allow-list"),
        ours.download(SITE, headers=TOKEN),
    ):
        pass


def test_another_port_of_the_same_host_is_not_shown_the_token() -> None:
    def beside(request: httpx.Request) -> httpx.Response:
        if request.url.port is None:
            return httpx.Response(302, headers={"location": "https://acme.example:8443/file"})
        return httpx.Response(200, content=str(request.headers.get("authorization")).encode())

    answer = httpx.MockTransport(beside)
    with http("acme.example", answer=answer).download(SITE, headers=TOKEN) as response:
        assert b"".join(response.iter_bytes()) == b"None"


def test_a_file_that_is_led_in_a_circle_ends() -> None:
    around = httpx.MockTransport(lambda _: httpx.Response(303, headers={"location": SITE}))

    with (
        pytest.raises(PermanentError, match="from place to place"),
        http("acme.example", answer=around).download(SITE, headers=TOKEN),
    ):
        pass


def test_a_file_that_breaks_off_has_done_nothing() -> None:
    def broken() -> Iterator[bytes]:
        yield b"eb"
        raise httpx.ReadError("cut")

    answer = httpx.MockTransport(lambda _: httpx.Response(200, content=broken()))

    with (
        pytest.raises(TransientError),
        http("acme.example", answer=answer).download(SITE, headers=TOKEN) as response,
    ):
        list(response.iter_bytes())


def test_the_log_keeps_no_byte_of_a_file() -> None:
    taken: list[bytes] = []

    def take(request: httpx.Request) -> httpx.Response:
        taken.append(request.read())
        return httpx.Response(200, json={})

    headers, body = form(file(b"eb", b"b and flow", size=12), part="file")
    with recording() as exchanges:
        http("acme.example", answer=httpx.MockTransport(take)).request(
            "POST", SITE, content=body, headers=headers
        )

    assert b"ebb and flow" in taken[0]
    assert len(taken[0]) == int(headers["content-length"])
    assert [one.request for one in exchanges] == ["[file]"]


@dataclass(kw_only=True)
class Reel(httpx.BaseTransport):
    """A file of many pieces, and the network it goes out by: how many of them are ever held at a time."""

    pieces: int
    read: int = 0
    sent: int = 0
    held: int = 0

    def wind(self) -> Iterator[bytes]:
        for _ in range(self.pieces):
            self.read += 1
            yield b"x" * 1_000

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        for piece in request.stream:
            self.held = max(self.held, self.read - self.sent)
            self.sent += piece == b"x" * 1_000
        return httpx.Response(200, json={})


def test_a_file_is_never_held_whole() -> None:
    reel = Reel(pieces=1_000)
    ours = Http("jira", allow_hosts=frozenset({"acme.example"}), transport=reel)
    whole = File(name="a.txt", type="text/plain", size=1_000_000, pieces=reel.wind)

    headers, body = form(whole, part="file")
    ours.request("POST", SITE, content=body, headers=headers)

    assert (reel.sent, reel.held) == (1_000, 1)


def test_a_file_that_takes_longer_than_its_claim_is_given_up() -> None:
    reel = Reel(pieces=1_000)
    hosts = frozenset({"acme.example"})
    ours = Http("jira", allow_hosts=hosts, transport=reel, deadline=0.0)

    with within(lambda: 0.0), pytest.raises(AmbiguousOutcome):
        ours.request("POST", SITE, content=reel.wind())

    assert reel.sent == 0


@pytest.mark.parametrize("size", [3, 5])
def test_a_file_is_as_long_as_its_system_says_or_not_sent(size: int) -> None:
    with pytest.raises(PermanentError, match="not as long as its system says"):
        list(measured(file(b"ti", b"de", size=size)))
