"""The house on both databases, and what is logged in it."""

import logging
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import orjson
import pytest
import structlog

from bridge import log
from bridge.db import Database
from clocks import FakeClock
from inbox.house import House, opened

SENDERS = ("httpx2", "asyncio")  # the test's own client logs in this process too


@pytest.fixture
def url(database: Database) -> str:
    """Of a database of this test's own, as `serve` leaves it at its first start."""
    return database.url.render_as_string(hide_password=False)


@pytest.fixture
def house(url: str, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    """One Bridge behind its routes."""
    with opened(url, tmp_path, clock) as house:
        yield house


@pytest.fixture
def said() -> Iterator[Callable[[], str]]:
    """All that Bridge has logged so far, at the level debug."""
    root, stream = logging.getLogger(), StringIO()
    handlers, level = root.handlers, root.level
    log.configure(style="json", level="debug", stream=stream)

    def lines() -> str:
        told = stream.getvalue().splitlines()
        return "\n".join(line for line in told if orjson.loads(line)["logger"] not in SENDERS)

    yield lines
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
