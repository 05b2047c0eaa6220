"""The one writer of the inbox: messages that arrive together are committed together."""

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

import structlog

from bridge.clock import Clock
from bridge.db import Database
from bridge.inbox.store import Arrival, Kept, keep

GROUP_ROWS = 200
GROUP_BYTES = 4_000_000
GROUP_SECONDS = 0.003  # how long the first of a group waits for company

log = structlog.get_logger()
_Waiting = tuple[Arrival, "Future[Kept]"]


class Writer:
    """A thread that stores arrivals in groups; each future is done after its own row is durable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="bridge-writer", daemon=True)
        self._thread.start()

    def submit(self, arrival: Arrival) -> "Future[Kept]":
        """A future of the stored message; it fails if the message could not be stored."""
        future: Future[Kept] = Future()
        self._queue.put((arrival, future))
        return future

    def close(self) -> None:
        """Store what is queued, then stop."""
        self._queue.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = self._gather(first)
            self._commit(group)
            if last:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        group, size = [first], len(first[0].message.body)
        until = time.monotonic() + GROUP_SECONDS
        while len(group) < GROUP_ROWS and size < GROUP_BYTES:
            try:
                item = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return group, False
            if item is None:
                return group, True
            group.append(item)
            size += len(item[0].message.body)
        return group, False

    def _commit(self, group: Sequence[_Waiting]) -> None:
        group = [one for one in group if one[1].set_running_or_notify_cancel()]
        if not group:
            return
        try:
            self._store(group)
        except Exception as error:  # noqa: BLE001  (nothing may end the only writer)
            log.warning("inbox.group_failed", size=len(group), error=type(error).__name__)
            for one in group:
                self._commit_alone(one)

    def _commit_alone(self, one: _Waiting) -> None:
        """A group that fails is retried row by row, so that only the guilty one is refused."""
        try:
            self._store([one])
        except Exception as error:  # noqa: BLE001  (the sender must be told, whatever it was)
            log.error("inbox.not_stored", error=type(error).__name__)  # noqa: TRY400
            one[1].set_exception(error)

    def _store(self, group: Sequence[_Waiting]) -> None:
        with self._database.transaction(first=True) as session:
            kept = keep(session, [arrival for arrival, _ in group], now=self._clock.now())
            answers = list(zip(group, kept, strict=True))
        for (_, future), answer in answers:
            future.set_result(answer)
