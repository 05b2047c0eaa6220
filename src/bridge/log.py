"""One line per outcome, on a terminal or as JSON, without secrets, bodies or personal data.

Everything passes here, the standard library's loggers too. A line is made of names and numbers; the
text of a foreign error is left out, because it quotes what it was given (SQL parameters, input).
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import orjson
import structlog
from pydantic import BaseModel
from structlog.types import EventDict, Processor

from bridge.errors import BridgeError

HIDDEN = "[hidden]"
MAX_TEXT = 2_000
# These say URLs, or what the outbox says better.
QUIET = ("httpx", "httpcore", "urllib3", "jira", "simple_salesforce", "apscheduler", "alembic")
_SECRET_WORDS = frozenset(
    [
        "apikey",
        "assertion",
        "auth",
        "authorization",
        "body",
        "content",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "header",
        "headers",
        "passwd",
        "password",
        "payload",
        "secret",
        "secrets",
        "session",
        "sid",
        "sig",
        "signature",
        "token",
        "tokens",
    ]
)
_SECRET_PAIRS = frozenset({("api", "key"), ("private", "key"), ("client", "id")})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PLAIN = re.compile(r"[\w.:|+-]*")  # nothing below fits into such a text, if no JWT begins in it
_HIDE = (
    (re.compile(r"\b(\w{1,20}://)[^/\s@]+@"), r"\1"),  # a user and password before the host
    (re.compile(r"\b(\w{1,20}://[^\s?#\"']+)[?#][^\s\"']*"), r"\1?…"),
    (re.compile(r"(/webhooks/[\w-]+/)[^\s/?\"']+"), r"\1…"),  # the secret segment of Salesforce
    (re.compile(r"(/webhooks/[^\s?\"']+)\?[^\s\"']*"), r"\1?…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b00D\w{9,15}![\w.]+"), HIDDEN),  # a Salesforce session id
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),  # a JWT
    (re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})+"), HIDDEN),  # somebody's mail address
)


def configure(*, style: str, level: str, stream: TextIO | None = None) -> None:
    """Send all logging of this process to one stream (stderr unless told otherwise).

    `style`: auto, json or console; auto is console on a terminal. `level`: debug to error.
    """
    to = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(to)
    handler.setFormatter(_formatter(style, to))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    _quieten(number)


@contextmanager
def correlated(correlation: str) -> Iterator[None]:
    """Put the id that leads from message to attempt on every line of the block."""
    with structlog.contextvars.bound_contextvars(correlation=correlation):
        yield


def clean(text: str) -> str:
    """A text without query strings, credentials and mail addresses."""
    text = text[: 2 * MAX_TEXT]  # the patterns must not be fed a megabyte
    if _PLAIN.fullmatch(text) and "eyJ" not in text:  # an id, a word, a time: most values
        return _short(text)
    for pattern, instead in _HIDE:
        text = pattern.sub(instead, text)
    return _short(text)


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _told,
        _redacted,
    ]


def _formatter(style: str, stream: TextIO) -> logging.Formatter:
    console = style == "console" or (style == "auto" and stream.isatty())
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if console
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


def _quieten(level: int) -> None:
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # it brings handlers of its own
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True


def _told(logger: Any, method: str, line: EventDict) -> EventDict:
    """An exception as where it went and what kinds it was; words only of our own errors."""
    given = line.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    error = sys.exception() if error is True else error
    if isinstance(error, BaseException):
        line["exception"] = " <- ".join(_chain(error))
        line["stack"] = " < ".join(_frames(error))
    return line


def _chain(error: BaseException) -> Iterator[str]:
    at: BaseException | None = error
    while at is not None:
        yield _spoken(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def _frames(error: BaseException) -> Iterator[str]:
    """Innermost first."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)[-12:]):
        yield f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"


def _redacted(logger: Any, method: str, line: EventDict) -> EventDict:
    return {name: HIDDEN if _is_secret(name) else _shown(value) for name, value in line.items()}


@lru_cache(1024)
def _is_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    pairs = pairwise(words)
    return not _SECRET_WORDS.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(pairs)


def _shown(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return _shown(value.value)
        case str():
            return clean(value)
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case BaseException():
            return _spoken(value)
        case _:
            return _composed(value)


def _composed(value: Any) -> Any:
    """Things with parts. What has no text of its own is named by its kind: a model may hold all."""
    match value:
        case Mapping():
            return _redacted(None, "", {str(key): item for key, item in value.items()})
        case _ if "__str__" in _own(value):
            return clean(str(value))
        case list() | tuple() | set() | frozenset():
            return [_shown(item) for item in value]
        case _:
            return f"[{type(value).__name__}]"


def _own(value: Any) -> set[str]:
    """What the classes of a value define themselves, up to the base of all and of all models."""
    bases = (base for base in type(value).__mro__ if base not in {object, BaseModel})
    return {name for base in bases for name in vars(base)}


def _spoken(error: BaseException) -> str:
    kind = type(error).__name__
    return f"{kind}: {clean(str(error))}" if isinstance(error, BridgeError) else kind


def _json(line: EventDict, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()
