"""A node as `bridge work` puts it together, with short leases, that may stop itself (SIGSTOP) at one moment.

python sleeper.py steady        works
python sleeper.py before        stops between its first claim and the call; goes on at SIGCONT
python sleeper.py after         stops between its first call and the record of it
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from typing_extensions import override

from bridge import log as logging
from bridge.access import audit
from bridge.access.keys import Principal, Role
from bridge.app import build
from bridge.clock import SystemClock
from bridge.leadership.jobs import CatchUp, Job
from bridge.leadership.trigger import every
from bridge.outbox.claims import Claimed
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.recorder import Ended
from bridge.process import Bridge
from bridge.settings import load

SCALE = 0.01  # of every wait
TERM = timedelta(seconds=8)  # how long a claim is ours
LEADS = timedelta(seconds=2)  # how long a leader leads on after its last sign
DEADLINE = 3.0  # seconds for one whole call; real ones, since a busy machine is not scaled
AHEAD = "SLEEPER_AHEAD"  # seconds by which this node's wall clock is ahead
HOUR = timedelta(hours=1)
CLOCK = Principal("sleeper", Role.ADMIN)


class AheadClock(SystemClock):
    """The machine's clock, wrong by a fixed time."""

    @override
    def now(self) -> datetime:
        return super().now() + timedelta(seconds=float(os.environ.get(AHEAD, "0")))


class Sleeper(Dispatcher):
    """Stops the whole process at its first call."""

    @override
    def act(self, call: Sequence[Claimed]) -> list[Ended]:
        if not _slept.is_set() and sys.argv[1] == "before":
            _sleep()
        ends = super().act(call)
        made = any(end.called for _, end in ends)  # else its budget put it off
        if made and not _slept.is_set() and sys.argv[1] == "after":
            _sleep()
        return ends


_slept = threading.Event()


def _sleep() -> None:
    _slept.set()
    os.kill(os.getpid(), signal.SIGSTOP)


def note(name: str) -> Callable[[Session, datetime], None]:
    """A job that writes down when it was due."""

    def run(session: Session, scheduled: datetime) -> None:
        at = f"{scheduled:%H:%M}"
        audit.record(session, CLOCK, name, at, reason="", difference=None, now=scheduled)

    return run


def shorten(bridge: Bridge) -> None:
    """Short leases, the sleeper's hands, and two jobs by the hour instead of all others."""
    worker = bridge.worker
    made = {
        one.name: getattr(worker.dispatcher, one.name) for one in fields(Dispatcher) if one.init
    }
    worker.dispatcher = Sleeper(**{**made, "term": TERM})
    worker.clockwork.lease = LEADS
    worker.clockwork.works = [
        Job(name="once", trigger=every(HOUR), run=note("once"), catch_up=CatchUp.ONCE),
        Job(name="none", trigger=every(HOUR), run=note("none"), catch_up=CatchUp.NONE),
    ]


def main() -> None:
    """Work until killed."""
    loaded = load(os.environ)
    logging.configure(style="json", level="info")
    bridge = build(loaded, clock=AheadClock(), scale=SCALE)
    shorten(bridge)
    bridge.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
