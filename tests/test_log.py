"""Logging: names and numbers get through, secrets and bodies do not."""

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import structlog
from pydantic import BaseModel
from sqlalchemy import text

import logs
from bridge.canonical.ref import Ref
from bridge.db import Database
from bridge.errors import SettingError
from bridge.log import HIDDEN, clean, configure, correlated
from bridge.secret import SecretRef

Lines = Callable[[], list[dict[str, Any]]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:  # type: ignore[explicit-override]
        return True


@dataclass
class Plain:
    password: str = "hunter2"


class Model(BaseModel):
    inner: str = "hunter2"


def fail(error: Exception, cause: Exception | None = None) -> None:
    raise error from cause


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes during the test; what was configured before is put back."""
    with logs.kept():
        yield io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    """Configures JSON into the stream; the lines so far."""
    configure(style="json", level="info", stream=stream)
    return lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_event_and_its_fields(lines: Lines) -> None:
    structlog.get_logger("bridge.outbox").info("outbox.dead", delivery="d1", tries=3)

    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "outbox.dead",
        "delivery": "d1",
        "tries": 3,
        "level": "info",
        "logger": "bridge.outbox",
    }


def test_the_correlation_is_on_each_line_of_its_block(lines: Lines) -> None:
    log = structlog.get_logger()

    with correlated("msg_1"):
        log.info("a")
        logging.getLogger("other").warning("b")
    log.info("c")

    assert [line.get("correlation") for line in lines()] == ["msg_1", "msg_1", None]


def test_lines_below_the_level_are_left_out(lines: Lines) -> None:
    structlog.get_logger().debug("detail")

    assert lines() == []


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "Authorization",
        "token",
        "access_token",
        "accessToken",
        "client_secret",
        "secrets",
        "x-hub-signature",
        "cookie",
        "set-cookie",
        "password",
        "body",
        "request_body",
        "requestBody",
        "api_key",
        "private_key",
        "headers",
        "session_id",
    ],
)
def test_a_field_with_a_secret_name_is_hidden(lines: Lines, name: str) -> None:
    structlog.get_logger().info("e", **{name: "hunter2"}, deep={name: ["hunter2"]})

    (line,) = lines()
    assert line[name] == HIDDEN
    assert line["deep"] == {name: HIDDEN}


@pytest.mark.parametrize("name", ["ordering_key", "dedupe_key", "author", "somebody", "key"])
def test_a_field_that_only_looks_like_one_is_shown(lines: Lines, name: str) -> None:
    structlog.get_logger().info("e", **{name: "shown"})

    assert lines()[0][name] == "shown"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET https://x.example.com/a?sig=hunter2 failed", "GET https://x.example.com/a?… failed"),
        ("see https://x.example.com/a#hunter2", "see https://x.example.com/a?…"),
        ("postgresql://ann:hunter2@db/bridge", "postgresql://db/bridge"),
        ("POST /webhooks/salesforce/hunter2 202", "POST /webhooks/salesforce/… 202"),
        ("POST /webhooks/jira?x=hunter2", "POST /webhooks/jira?…"),
        ("Authorization: Bearer hunter2", f"Authorization: Bearer {HIDDEN}"),
        ("sid 00Dxx0000001gER!AQ4AQhunter2.x", f"sid {HIDDEN}"),
        ("jwt eyJhbGciOiJI.eyJzdWIi.hunter2", f"jwt {HIDDEN}"),
        ("from hunter2@example.com", f"from {HIDDEN}"),
        ("nothing to hide: 3 of 4", "nothing to hide: 3 of 4"),
    ],
)
def test_secrets_inside_a_text_are_cut_out(said: str, shown: str) -> None:
    assert clean(said) == shown


def test_a_long_text_is_cut() -> None:
    assert len(clean("x" * 100_000)) < 3_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"hunter2", "[7 bytes]"),
        (Model(), "[Model]"),
        (object(), "[object]"),
        (Ref("jira", "issue", "1"), "jira:issue:1"),
        (SecretRef("env:NAME"), "env:NAME"),
        (("a", 1, None), ["a", 1, None]),
        (ValueError("hunter2"), "ValueError"),
        (SettingError("port: wrong"), "SettingError: port: wrong"),
    ],
)
def test_values_are_shown_by_kind(lines: Lines, value: Any, shown: Any) -> None:
    structlog.get_logger().info("e", thing=value)

    assert lines()[0]["thing"] == shown


def test_an_object_with_a_generated_text_is_named_only(lines: Lines) -> None:
    structlog.get_logger().info("e", thing=Plain())

    assert "hunter2" not in str(lines())


def test_an_exception_is_told_without_its_words(lines: Lines, sqlite_database: Database) -> None:
    try:
        with sqlite_database.reading() as session:
            session.execute(text("SELECT nothing WHERE 1 = :body"), {"body": "hunter2"})
    except Exception:  # noqa: BLE001  (any error will do)
        structlog.get_logger().exception("inbox.bug")

    (line,) = lines()
    assert line["exception"] == "OperationalError <- OperationalError"
    assert "test_log.py" in line["stack"]
    assert "hunter2" not in str(line)
    assert "nothing" not in str(line)


def test_our_own_error_is_told_with_its_words(lines: Lines) -> None:
    try:
        fail(SettingError("BRIDGE_PORT: use a number"), ValueError("hunter2"))
    except SettingError:
        structlog.get_logger().exception("start.refused")

    (line,) = lines()
    assert line["exception"] == "SettingError: BRIDGE_PORT: use a number <- ValueError"
    assert line["level"] == "error"


def test_the_standard_library_passes_the_same_way(lines: Lines) -> None:
    try:
        fail(ValueError("hunter2"))
    except ValueError:
        logging.getLogger("vendor").exception("GET %s", "https://x.example.com/a?key=hunter2")

    (line,) = lines()
    assert line["event"] == "GET https://x.example.com/a?…"
    assert line["exception"] == "ValueError"
    assert "hunter2" not in str(line)


@pytest.mark.parametrize("name", ["httpx", "httpcore", "jira", "simple_salesforce", "urllib3"])
def test_chatty_libraries_are_quiet(lines: Lines, name: str) -> None:
    logging.getLogger(name).info("HTTP Request: POST https://x.example.com/secret/path")
    logging.getLogger(f"{name}.inner").info("the same")

    assert lines() == []


def test_the_access_log_of_the_server_is_off(lines: Lines) -> None:
    logging.getLogger("uvicorn.access").warning("POST /webhooks/salesforce/hunter2")

    assert lines() == []


@pytest.mark.parametrize(
    ("style", "terminal", "is_json"),
    [("auto", True, False), ("auto", False, True), ("json", True, True), ("console", False, False)],
)
def test_a_terminal_gets_text_and_a_pipe_gets_json(
    stream: io.StringIO, style: str, terminal: bool, is_json: bool
) -> None:
    to = Terminal() if terminal else stream
    configure(style=style, level="info", stream=to)

    structlog.get_logger().info("said", password="hunter2")

    assert to.getvalue().startswith("{") is is_json
    assert "said" in to.getvalue()
    assert "hunter2" not in to.getvalue()
