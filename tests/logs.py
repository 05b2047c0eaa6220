"""The log of a test, in memory; what was configured before is put back."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bridge.log import configure


@contextmanager
def kept() -> Iterator[None]:
    """Puts back how logging was configured."""
    root, access = logging.getLogger(), logging.getLogger("uvicorn.access")
    handlers, level, disabled = root.handlers, root.level, access.disabled
    try:
        yield
    finally:
        structlog.reset_defaults()
        root.handlers, root.level, access.disabled = handlers, level, disabled


@contextmanager
def captured(*, level: str = "info") -> Iterator[io.StringIO]:
    """Everything that is logged, as JSON lines."""
    with kept():
        stream = io.StringIO()
        configure(style="json", level=level, stream=stream)
        yield stream
