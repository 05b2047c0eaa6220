"""The size of a body, and what a browser must not do with an answer."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from access.shop import ClientOf
from bridge.access.keys import Role


def in_pieces(size: int) -> Iterator[bytes]:
    """JSON of about `size` bytes without a Content-Length."""
    yield b'{"thing": "'
    yield from (b"x" * 100 for _ in range(size // 100))
    yield b'"}'


@pytest.mark.parametrize(("size", "status"), [(1_500, 200), (2_500, 413)])
def test_a_body_is_measured_whether_it_says_its_length_or_not(
    client_of: ClientOf, size: int, status: int
) -> None:
    client = client_of(None)
    headers = {"Content-Type": "application/json"}

    said = client.post("/api/v1/raw", content=b"".join(in_pieces(size)), headers=headers)
    unsaid = client.post("/api/v1/raw", content=in_pieces(size), headers=headers)

    assert (said.status_code, unsaid.status_code) == (status, status)
    if status == 413:
        assert said.json()["type"] == unsaid.json()["type"] == "/problems/too-large"
        assert "2000 bytes" in unsaid.json()["detail"]


def test_a_body_too_large_acts_on_nothing(client_of: ClientOf, app: FastAPI) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "one"}

    answer = client_of(Role.OPERATOR).post(
        "/api/v1/orders", content=in_pieces(3_000), headers=headers
    )

    assert answer.status_code == 413
    assert app.state.sold == []


@pytest.mark.parametrize("path", ["/api/v1/whoami", "/api/v1/bug", "/api/v1/nothing"])
def test_every_answer_of_the_api_has_the_headers_a_browser_obeys(
    client_of: ClientOf, path: str
) -> None:
    headers = client_of(None).get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Strict-Transport-Security" not in headers


def test_a_page_keeps_the_headers_it_sets_itself(client_of: ClientOf, app: FastAPI) -> None:
    @app.get("/console")
    def console() -> PlainTextResponse:
        return PlainTextResponse("hello", headers={"X-Frame-Options": "SAMEORIGIN"})

    headers = client_of(None).get("https://testserver/console").headers

    assert headers.get_list("X-Frame-Options") == ["SAMEORIGIN"]
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Content-Security-Policy" not in headers
