"""A file goes from one system to the other piece by piece, and its bytes are kept nowhere."""

from collections.abc import Iterator

import httpx
import pytest

from bridge.connectors.files import File, form, measured
from bridge.errors import PermanentError, TransientError
from bridge.http import Http, recording

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


@pytest.mark.parametrize("size", [3, 5])
def test_a_file_is_as_long_as_its_system_says_or_not_sent(size: int) -> None:
    with pytest.raises(PermanentError, match="not as long as its system says"):
        list(measured(file(b"ti", b"de", size=size)))
