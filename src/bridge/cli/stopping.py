"""Being asked to stop: the first signal asks, the second ends the process at once.

Nothing is lost either way: what was begun is leased, and a lease that lapses leads to a rescue.
So it is when a process is not asked: one that has lost a part of itself ends, and says why.
"""

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn
from typing_extensions import override

from bridge.process import Bridge

OURS = "bridge-"  # how the names of our threads begin
BUG = 70  # an exit code, as sysexits.h has it

log = structlog.get_logger()


def end_with_threads() -> None:
    """A thread of ours that dies takes the process along, and whoever watches that starts another.

    Else it would go on without its inbox, say, and look well. A crash of a library says where.
    """
    faulthandler.enable()
    threading.excepthook = _died


def _died(what: threading.ExceptHookArgs) -> None:
    name = what.thread.name if what.thread is not None else ""
    log.critical("process.thread_died", thread=name, exc_info=what.exc_value or what.exc_type())
    if name.startswith(OURS):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(BUG)


class Server(uvicorn.Server):
    """Serves HTTP. When it is asked to stop, workers take nothing new while requests still end."""

    def __init__(self, config: uvicorn.Config, *, retire: Callable[[], None]) -> None:
        super().__init__(config)
        self._retire = retire

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            os._exit(128 + sig)
        self.should_exit = True
        # The interrupted code may hold the very lock that this needs, so another thread does it.
        threading.Thread(target=self._retire, name="bridge-retire").start()


class Asked:
    """Waits for a signal in a process without HTTP."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def wait(self) -> None:
        os.read(self._reading, 1)

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self._asked:
            os._exit(128 + number)
        self._asked = True
        os.write(self._writing, b".")


def leave(bridge: Bridge) -> None:
    """After a stop: calls that hang are not waited for. Without any this does nothing."""
    left = bridge.worker.under_way
    if left:
        log.warning("stop.gave_up", calls=left, grace=bridge.loaded.settings.grace)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
