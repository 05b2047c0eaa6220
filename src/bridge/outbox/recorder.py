"""Record how claims ended, with what follows: one transaction for all that ended together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.orm import Session

from bridge.clock import Clock
from bridge.db import Database
from bridge.outbox import finishing, follow_up, same_error
from bridge.outbox.claims import Claimed, End
from bridge.outbox.coalescing import fates
from bridge.outbox.connection import News
from bridge.outbox.pulse import Pulse
from bridge.outbox.same_error import Held
from bridge.outbox.tables import GOOD, DeliveryRow, HoldRow, State

log = structlog.get_logger()
Ended = tuple[Claimed, End]
_NOT_OVER = frozenset({State.PENDING, State.HELD})


def _no_lock(session: Session, ends: Sequence[tuple[DeliveryRow, End]]) -> None:
    """Where nobody follows up."""


def _nobody(session: Session, *_: object) -> None:
    """Where nobody wants to know."""


def _uncounted(connection: str, state: str) -> None:
    """Where nobody counts."""


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """Who hears how things went, inside the transaction that records it.

    finished    (session, delivery): links, what waited, write-back
    news        what became of a connection, in the transaction that notes it
    tried       (connection, outcome, seconds): metrics
    held        (session, hold, delivery): the group of a dead one was put into a hold
    let_go      (session, hold): one of its group went well, and all go
    lock        (session, ends): the locks of what `finished` may touch, taken first, since others
                hold them when they come for the ordering key
    joined      (connection, state): metrics of what ended in another's call
    """

    finished: Callable[[Session, DeliveryRow], None]
    news: News
    tried: Callable[[str, str, float], None]
    lock: Callable[[Session, Sequence[tuple[DeliveryRow, End]]], None] = _no_lock
    held: Callable[[Session, HoldRow, DeliveryRow], None] = _nobody
    let_go: Callable[[Session, HoldRow], None] = _nobody
    joined: Callable[[str, str], None] = _uncounted


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """What one node writes down of its claims."""

    database: Database
    clock: Clock
    hooks: Hooks
    node: str
    pulse: Pulse
    held: Held

    def record(self, ends: Sequence[Ended]) -> list[State | None]:
        """The states they are in then. `None`: the lease was lost meanwhile.

        A group that fails is recorded one by one, so that only the guilty one is in trouble.
        """
        rows = self._record_together(ends) or [self._record_alone(one) for one in ends]
        self._feel(ends)
        self._heed([row for (_, end), row in zip(ends, rows, strict=True) if _tells(row, end)])
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
            ends = _into_open_holds(session, ends)
            rows = finishing.finish(session, ends, now=self.clock.now(), node=self.node)
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
            ended = _into_open_holds(session, [one])
            row = finishing.finish(session, ended, now=now, node=self.node)[0]
            if row is not None and row.state not in _NOT_OVER:
                follow_up.owe(session, row.id, error, now=now)
            return row

    def _follow(self, session: Session, row: DeliveryRow, end: End) -> None:
        if end.state not in _NOT_OVER:
            self.hooks.finished(session, row)

    def _feel(self, ends: Sequence[Ended]) -> None:
        """The ends are recorded, whatever becomes of what they tell: the next call tells it again."""
        try:
            self.pulse.feel(ends)
        except Exception:
            log.exception("outbox.not_felt")

    def _heed(self, rows: Sequence[DeliveryRow | None]) -> None:
        """Hold what dies of one error again and again; let go what was held once one goes well."""
        ended = [row for row in rows if row is not None]
        good = {same_error.group(row) for row in ended if same_error.went_well(row)}
        self.held.lived |= dict.fromkeys(good, self.clock.now())
        free = sorted(good & self.held.holds.keys())
        dead = [row for row in ended if same_error.counts(row)]
        if not free and not dead:
            return
        try:
            self._hold_or_let_go(free, dead)
        except Exception:
            log.exception("outbox.not_heeded")

    def _hold_or_let_go(self, free: Sequence[str], dead: Sequence[DeliveryRow]) -> None:
        now = self.clock.now()
        with self.database.transaction() as session:
            for about in free:
                gone = same_error.let_go(session, self.held, about, now=now)
                if gone is not None:
                    self.hooks.let_go(session, gone)
            for row in {same_error.group(row): row for row in dead}.values():
                if same_error.group(row) in self.held.holds:
                    continue
                opened = same_error.open_if_again(session, self.held, row, now=now)
                if opened is not None:
                    self.hooks.held(session, opened, row)

    def _tell(self, claimed: Claimed, end: End, row: DeliveryRow | None) -> State | None:
        if row is None:
            log.warning("outbox.lease_lost", delivery=claimed.delivery.id)
            return None
        self.hooks.tried(row.connection, end.outcome, end.seconds)
        for fate in () if end.alone or not end.parts else fates(end.parts, spared=not end.called):
            self.hooks.joined(row.connection, fate.state)
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
            merged=len(end.parts) or None,
        )
        return end.state


def _tells(row: DeliveryRow | None, end: End) -> bool:
    """Whether an end says anything of its group: what went well without a call does not."""
    return row is not None and (end.called or end.state not in GOOD)


def _not_held(end: End) -> End:
    """The same end of one whose hold was decided meanwhile: it goes on, or is dead if it was refused."""
    if end.kind:
        return replace(end, state=State.DEAD, hold_id=None, spends_try=True)
    return replace(end, state=State.PENDING, hold_id=None)


def _into_open_holds(session: Session, ends: Sequence[Ended]) -> Sequence[Ended]:
    """What was to be held goes on, if its hold was decided a moment ago."""
    wanted = [end.hold_id for _, end in ends if end.hold_id]
    if not wanted:
        return ends
    still = same_error.still_open(session, wanted)
    return [
        (claimed, end if end.hold_id is None or end.hold_id in still else _not_held(end))
        for claimed, end in ends
    ]
