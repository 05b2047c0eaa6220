"""Record how claims ended, with what follows: one transaction for all that ended together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from bridge.clock import Clock
from bridge.db import Database
from bridge.outbox import follow_up, store
from bridge.outbox.connection import News
from bridge.outbox.pulse import Pulse
from bridge.outbox.store import Claimed, End
from bridge.outbox.tables import DeliveryRow, State

log = structlog.get_logger()
Ended = tuple[Claimed, End]


def _no_lock(session: Session, ends: Sequence[tuple[DeliveryRow, End]]) -> None:
    """Where nobody follows up."""


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """Who hears how things went, inside the transaction that records it.

    finished    (session, delivery): links, what waited, write-back
    news        what became of a connection, in the transaction that notes it
    tried       (connection, outcome, seconds): metrics
    lock        (session, ends): the locks of what `finished` may touch, taken first, since others
                hold them when they come for the ordering key
    """

    finished: Callable[[Session, DeliveryRow], None]
    news: News
    tried: Callable[[str, str, float], None]
    lock: Callable[[Session, Sequence[tuple[DeliveryRow, End]]], None] = _no_lock


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """What one node writes down of its claims."""

    database: Database
    clock: Clock
    hooks: Hooks
    node: str
    pulse: Pulse

    def record(self, ends: Sequence[Ended]) -> list[State | None]:
        """The states they are in then. `None`: the lease was lost meanwhile.

        A group that fails is recorded one by one, so that only the guilty one is in trouble.
        """
        rows = self._record_together(ends) or [self._record_alone(one) for one in ends]
        self._feel(ends)
        return [self._tell(*one, row) for one, row in zip(ends, rows, strict=True)]

    def _record_together(self, ends: Sequence[Ended]) -> list[DeliveryRow | None] | None:
        """`None`: it failed, or there is but one."""
        if len(ends) == 1:
            return None
        try:
            return self._record(ends)
        except Exception as error:  # noqa: BLE001  (each alone tells which one it was)
            log.warning("outbox.group_failed", size=len(ends), error=type(error).__name__)
            return None

    def _record(self, ends: Sequence[Ended]) -> list[DeliveryRow | None]:
        with self.database.transaction() as session:
            self.hooks.lock(session, [(claimed.delivery, end) for claimed, end in ends])
            rows = store.finish(session, ends, now=self.clock.now(), node=self.node)
            for (_, end), row in zip(ends, rows, strict=True):
                if row is not None:
                    self._follow(session, row, end)
            return rows

    def _record_alone(self, one: Ended) -> DeliveryRow | None:
        """The end and what follows from it, at once. If what follows fails, the end alone: it is
        what the vendor did, and must not be forgotten. What follows is owed then.
        """
        try:
            return self._record([one])[0]
        except Exception as error:
            log.exception("outbox.follow_up_failed")
            return self._record_end(one, error)

    def _record_end(self, one: Ended, error: Exception) -> DeliveryRow | None:
        now = self.clock.now()
        with self.database.transaction() as session:
            row = store.finish(session, [one], now=now, node=self.node)[0]
            if row is not None and row.state != State.PENDING:
                follow_up.owe(session, row.id, error, now=now)
            return row

    def _follow(self, session: Session, row: DeliveryRow, end: End) -> None:
        if end.state != State.PENDING:
            self.hooks.finished(session, row)

    def _feel(self, ends: Sequence[Ended]) -> None:
        """The ends are recorded, whatever becomes of what they tell: the next call tells it again."""
        try:
            self.pulse.feel(ends)
        except Exception:
            log.exception("outbox.not_felt")

    def _tell(self, claimed: Claimed, end: End, row: DeliveryRow | None) -> State | None:
        if row is None:
            log.warning("outbox.lease_lost", delivery=claimed.delivery.id)
            return None
        self.hooks.tried(row.connection, end.outcome, end.seconds)
        log.info(
            "outbox.ended",
            delivery=row.id,
            correlation=row.message_id or row.event_id,
            state=end.state,
            outcome=end.outcome,
            connection=row.connection,
            action=row.action,
            rule=row.rule,
            code=end.code or None,
        )
        return end.state
