"""A run does what was planned, in steps: each in one transaction with how far it is.

So it goes on after a kill where it was, on any node, and does nothing twice. It is paced, and goes
behind live work: what goes where much is still to go waits (`lanes.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.db import ring
from bridge.errors import BridgeError, RuleError
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.tables import EventRow
from bridge.outbox import store as outbox
from bridge.outbox.tables import GOOD, DeliveryRow
from bridge.pipeline.replay import lanes, planning
from bridge.pipeline.replay.judging import FAULT, IN_PLACE, Judge, Verdict, Will
from bridge.pipeline.replay.redeciding import Decided, redecide, same
from bridge.pipeline.replay.resending import resend
from bridge.pipeline.replay.wish import ReplayMode
from bridge.pipeline.world import World
from bridge.replays import store
from bridge.replays.tables import OVER, ReplayItemRow, ReplayRow, ReplayState

CHUNK = 50
DECIDED = 10  # events in a step: each is some writes
LOOK_AGAIN = timedelta(seconds=1)  # while there is no room
SLICE_SECONDS = 5.0  # what a paced run does at once is for so long

log = structlog.get_logger()


class NoReason(BridgeError):
    """Neither the plan nor who runs it says why."""


@dataclass(kw_only=True)
class Replaying:
    """Goes on with replays, one step at a time. After a fault of ours, with one item at a time."""

    world: World
    scale: float = 1.0  # of waits
    chunk: int = CHUNK  # items in a step
    _careful: dict[str, int] = field(default_factory=dict)  # by replay: for so many steps more

    def step(self) -> int:
        """One step of the replay that has waited longest; how much of it was done."""
        now = self.world.clock.now()
        with self.world.database.reading() as session:
            found = store.waiting(session, now=now)
        if found is None:
            return 0
        left = self._careful.pop(found, 0)
        if left > 1:
            self._careful[found] = left - 1
        try:
            return self._in_one_go(now, 1 if left else self.chunk)
        except (SQLAlchemyError, RuleError):
            raise
        except Exception as error:
            log.exception("replay.bug", replay=found, error=type(error).__name__)
            if left:
                return self._in_one_go(now, 1, blind=True)
            self._careful[found] = CHUNK
            return 1

    def _in_one_go(self, now: datetime, size: int, *, blind: bool = False) -> int:
        with self.world.database.transaction() as session:
            run = store.take(session, now=now)
            if run is None:
                return 0
            return advance(
                session, self.world, run, now=now, size=size, blind=blind, scale=self.scale
            )


def begin(
    session: Session, replay_id: str, *, by: str, why: str = "", now: datetime
) -> ReplayRow | None:
    """Start a planned run, or go on with one. `None`: not there, over, not planned yet, or too old.

    Raises NoReason: what is sent again is audited with who and why.
    """
    run = store.locked(session, replay_id)
    if run is None or run.state in OVER | {ReplayState.PLANNING}:
        return None
    if run.state == ReplayState.PLANNED:
        if run.expires_at < now:
            return None
        reason = why.strip() or run.why.strip()
        if not reason:
            raise NoReason(f"nobody has said why {replay_id} is run")
        run.run_by, run.why, run.begun_at = by, reason, now
    if run.state != ReplayState.RUNNING:
        _go(session, run, now)
    return run


def pause(session: Session, replay_id: str, *, now: datetime) -> ReplayRow | None:
    """What was owed already goes on; nothing more of it is, until it is resumed."""
    run = store.locked(session, replay_id)
    if run is None or run.state != ReplayState.RUNNING:
        return None
    run.state, run.waits, run.going_since = ReplayState.PAUSED, "", None
    run.not_before = now  # since when it rests
    return run


def resume(session: Session, replay_id: str, *, now: datetime) -> ReplayRow | None:
    run = store.locked(session, replay_id)
    if run is None or run.state != ReplayState.PAUSED:
        return None
    _go(session, run, now)
    return run


def cancel(session: Session, replay_id: str, *, now: datetime) -> ReplayRow | None:
    """What was owed already stays; nothing more of it is."""
    run = store.locked(session, replay_id)
    if run is None or run.state in OVER:
        return None
    run.state, run.waits, run.finished_at = ReplayState.CANCELLED, "", now
    return run


def advance(
    session: Session,
    world: World,
    run: ReplayRow,
    *,
    now: datetime,
    size: int = CHUNK,
    blind: bool = False,
    scale: float = 1.0,
) -> int:
    """One step of a plan or a run that is locked; how many items it was."""
    run.not_before = now
    if run.state == ReplayState.PLANNING:
        return planning.go_on(session, world, run, now=now, size=size, blind=blind)
    found = lanes.turn(session, run, size=min(size, _slice(run)), now=now)
    _do(session, world, run, found.items, now, blind=blind)
    run.done, run.waits = run.done + len(found.items), found.waits
    if found.items:
        run.cursor = max(run.cursor, found.items[-1].number)
        _rest(run, len(found.items), now)
    elif found.waits:
        run.not_before = now + LOOK_AGAIN * scale
    if run.done >= run.total:
        run.state, run.finished_at, run.waits = ReplayState.DONE, now, ""
    return len(found.items)


def _do(
    session: Session,
    world: World,
    run: ReplayRow,
    items: Sequence[ReplayItemRow],
    now: datetime,
    *,
    blind: bool,
) -> None:
    todo = [] if blind else [item for item in items if item.will != Will.BROKEN]
    for item in items:
        if item not in todo:
            _keep(run, item, Will.BROKEN, FAULT)
    if ReplayMode(run.mode).decides:
        _decide(session, world, run, todo, now)
    else:
        _resend(session, world, run, todo, now)


def _resend(
    session: Session, world: World, run: ReplayRow, items: Sequence[ReplayItemRow], now: datetime
) -> None:
    query = select(DeliveryRow).where(DeliveryRow.seq.in_([item.number for item in items]))
    found = session.scalars(query).all() if items else []
    lock_with_linked(session, [row.subject for row in found])
    rows = {row.seq: row for row in outbox.locked(session, found)} if found else {}
    judge = Judge(session=session, world=world, run=run, said=ReplayItemRow.did, now=now)
    for item in items:
        row = rows.get(item.number)
        if row is None:
            verdict = Verdict(will=Will.GONE, note="it is not kept any more")
        elif row.state in GOOD and item.will in IN_PLACE:
            verdict = Verdict(will=Will.WELL, note=f"it is {row.state} since the plan")
        else:
            verdict = resend(session, world, judge, row)
        _keep(run, item, verdict.will, verdict.note)
        session.flush()


def _decide(
    session: Session, world: World, run: ReplayRow, items: Sequence[ReplayItemRow], now: datetime
) -> None:
    for item in items:
        stored = session.scalar(select(EventRow).where(EventRow.seq == item.number))
        came = redecide(session, world, run, stored, now=now)
        note = came.note
        if item.owed is not None and came.will == item.will and not same(item.owed, came.owed):
            note = f"it owes {_told(came)}; planned was {_told(item)}"
        _keep(run, item, came.will, note, other=note != came.note)


def _keep(
    run: ReplayRow, item: ReplayItemRow, did: Will, note: str, *, other: bool = False
) -> None:
    """What came of it; and where that is not what was planned, that it is not."""
    item.did = did
    if other or not _as_planned(item.will, did):
        item.note, item.moved = note, True
        name = f"{item.will}: {did}"
        run.moved = {**run.moved, name: run.moved.get(name, 0) + 1}


def _as_planned(will: str, did: str) -> bool:
    """One that was to wait for a record need not wait once this replay has made it.

    Of what a version before ours has planned, nothing is known.
    """
    return not will or will == did or {will, did} <= IN_PLACE


def _told(one: Decided | ReplayItemRow) -> str:
    """Names of steps and what came of each."""
    said: Sequence[Any] = one.owed or ()
    return ", ".join(f"{line['rule']}/{line['step']} {line['comes']}" for line in said) or "nothing"


def _slice(run: ReplayRow) -> int:
    """How many items may be done at once."""
    most = DECIDED if ReplayMode(run.mode).decides else CHUNK
    paced = run.counts.get("per_minute")
    return min(most, max(1, int(paced * SLICE_SECONDS / 60))) if paced else most


def _rest(run: ReplayRow, items: int, now: datetime) -> None:
    """The vendors' limits are not met by how fast these are owed, but by how many."""
    paced = run.counts.get("per_minute")
    if paced:
        run.not_before = now + timedelta(minutes=items / paced)


def _go(session: Session, run: ReplayRow, now: datetime) -> None:
    run.state, run.not_before = ReplayState.RUNNING, now
    run.going_since, run.done_then = now, run.done
    ring(session, CHORES)


def eta(run: ReplayRow, *, now: datetime) -> float | None:
    """Seconds that are left at the speed so far. `None`: it does not go, or nothing is known."""
    if run.state != ReplayState.RUNNING or run.going_since is None:
        return None
    gone, left = run.done - run.done_then, run.total - run.done
    seconds = (now - run.going_since).total_seconds()
    paced = run.counts.get("per_minute")
    if gone > 0 and seconds > 0:
        return left * seconds / gone
    return left * 60 / paced if paced else None
