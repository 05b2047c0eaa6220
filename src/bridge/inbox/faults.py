"""503s as an alarm, written now and then, whatever the rate of requests. The leader lifts it."""

from concurrent.futures import Executor
from datetime import timedelta

import structlog

from bridge.alarms import store as alarms
from bridge.clock import Clock
from bridge.db import Database

AGAIN = timedelta(minutes=1)  # one fault of a connection is written no more often than this

log = structlog.get_logger()


class Faults:
    """What one process turns away. Called from its event loop; the database is asked elsewhere."""

    def __init__(self, database: Database, clock: Clock, elsewhere: Executor) -> None:
        self._database, self._clock, self._elsewhere = database, clock, elsewhere
        self._told: dict[tuple[str, str], float] = {}  # connection, reason -> monotonic time

    def turned_away(self, name: str, reason: str) -> None:
        """A message of this connection was answered 503."""
        now = self._clock.monotonic()
        told = self._told.get((name, reason))
        if told is not None and now - told < AGAIN.total_seconds():
            return
        self._told[name, reason] = now
        log.warning("inbox.turned_away", connection=name, reason=reason)
        self._elsewhere.submit(self._lower, name, reason)

    def _lower(self, name: str, reason: str) -> None:
        with self._database.transaction() as session:
            alarms.lower(
                session,
                f"fault:{name}",
                kind="at_fault",
                text=f"webhooks of {name} are turned away with 503: {reason}",
                remedy="mend it soon: the sender tries again, but not for ever",
                link="",
                now=self._clock.now(),
            )
