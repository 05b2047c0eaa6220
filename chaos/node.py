"""One process of Bridge, put together as `bridge serve` and `bridge work` are, at the town's pace.

Leases are short, so that a dead node's are over in seconds, and the wall clock may be set wrong: by
the seconds that a file says. Both are given to the composition root from outside; the product itself
has no such setting.
"""

import os
import signal
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from typing_extensions import override

from bridge import log as logging
from bridge.app import build
from bridge.cli import lock
from bridge.cli.stopping import end_with_threads
from bridge.clock import SystemClock
from bridge.process import Bridge
from bridge.settings import load
from bridge.web import api
from chaos.pace import LEADS, SCALE, TERM

WRONG_BY = "CHAOS_WRONG_BY"  # the file that says by how many seconds the wall clock is wrong
GRACE = 10


class WrongClock(SystemClock):
    """The machine's clock; its wall clock steps when somebody writes to the file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @override
    def now(self) -> datetime:
        """Aware UTC, wrong."""
        return datetime.now(UTC) + timedelta(seconds=float(self._file.read_text("utf-8")))


def main() -> None:
    """`python -m chaos.node serve` or `work`, until killed or asked to stop."""
    loaded = load(os.environ)
    logging.configure(style=loaded.settings.log_format, level=loaded.settings.log_level)
    machine = WrongClock(Path(os.environ[WRONG_BY]))
    with lock.alone(loaded.settings.database_url):
        bridge = build(loaded, machine=machine, scale=SCALE)
        _hurry(bridge)
        end_with_threads()
        if sys.argv[1] == "work":
            _work(bridge)
            return
        uvicorn.run(
            api(bridge),
            host=loaded.settings.host,
            port=loaded.settings.port,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=GRACE,
        )


def _hurry(bridge: Bridge) -> None:
    worker = bridge.worker
    worker.intake = replace(worker.intake, term=TERM)
    worker.dispatcher = replace(worker.dispatcher, term=TERM)
    if worker.backfilling is not None:
        worker.backfilling = replace(worker.backfilling, term=TERM)
    worker.clockwork.lease = LEADS


def _work(bridge: Bridge) -> None:
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    bridge.start()
    asked.wait()
    bridge.close()


if __name__ == "__main__":
    main()
