"""`/api/v1/backfills`: plan to read in the past of a source, run it, and see how far it is."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bridge.access.guard import Viewer
from bridge.access.problems import ACTS, READS, Problem, not_found, refusal
from bridge.access.repeats import Act, OperatorAct
from bridge.access.state import Data
from bridge.bell import PAST
from bridge.db import ring
from bridge.errors import PermanentError
from bridge.inbox.tables import BackfillRow
from bridge.pipeline.backfill import pacing, store, turn
from bridge.pipeline.backfill.place import Place, find
from bridge.pipeline.backfill.view import BackfillView, Cost, Use, pace
from bridge.pipeline.backfill.wish import State, Wish
from bridge.pipeline.sparing import limits
from bridge.pipeline.world import World

MOST = 200  # shown, the newest first
router = APIRouter(prefix="/api/v1/backfills", tags=["backfills"], responses=READS)


async def _world(request: Request) -> World:
    found: World = request.app.state.world
    return found


TheWorld = Annotated[World, Depends(_world)]


@router.post("", summary="Plan a backfill", responses=ACTS, status_code=202)
def make(act: OperatorAct, world: TheWorld, wish: Wish) -> Response:
    """Counts what there is; brings nothing. Ask `/backfills/{id}` until it is `planned`."""

    def work(session: Session) -> BackfillView:
        try:
            find(world, world.sets.active(session), wish)
        except PermanentError as error:
            raise refusal(400, str(error)) from None
        row = store.add(session, wish, principal=act.principal.name, now=act.now)
        act.record(session, "plan backfill", row.id, reason=wish.why, difference=row.wish)
        return BackfillView.of(row, cost=None, now=act.now)

    return act.once(work, status=202)


@router.get("", summary="Backfills, the newest first")
def listing(_: Viewer, data: Data, world: TheWorld) -> list[BackfillView]:
    with data.reading() as session:
        rows = store.newest(session, limit=MOST)
    return [BackfillView.of(row, cost=None, now=world.clock.now()) for row in rows]


@router.get("/{backfill_id}", summary="What a backfill would do, or how far it is")
def progress(_: Viewer, data: Data, world: TheWorld, backfill_id: str) -> BackfillView:
    with data.reading() as session:
        row = store.one(session, backfill_id)
    if row is None:
        raise not_found(f"backfill {backfill_id}")
    now = world.clock.now()
    return BackfillView.of(row, cost=_cost(world, row, now=now), now=now)


@router.post("/{backfill_id}:run", summary="Read it in", responses=ACTS, status_code=202)
def run(act: OperatorAct, backfill_id: str) -> Response:
    """In small steps, behind deliveries and polls, within its share of the quotas."""

    def begin(row: BackfillRow) -> None:
        row.state = State.RUNNING if row.total else State.DONE
        row.started_at = act.now
        row.finished_at = None if row.total else act.now

    return _turn(act, backfill_id, "run backfill", (State.PLANNED,), begin, fresh=True)


@router.post("/{backfill_id}:pause", summary="Let it rest", responses=ACTS)
def pause(act: OperatorAct, backfill_id: str) -> Response:
    """What it has brought stays; it goes on there when it is resumed."""

    def rest(row: BackfillRow) -> None:
        row.state = State.PAUSED

    return _turn(act, backfill_id, "pause backfill", (State.RUNNING,), rest)


@router.post("/{backfill_id}:resume", summary="Go on", responses=ACTS)
def resume(act: OperatorAct, backfill_id: str) -> Response:
    """From where it was paused."""

    def go_on(row: BackfillRow) -> None:
        row.state = State.RUNNING

    return _turn(act, backfill_id, "resume backfill", (State.PAUSED,), go_on)


@router.post("/{backfill_id}:cancel", summary="Stop for good", responses=ACTS)
def cancel(act: OperatorAct, backfill_id: str) -> Response:
    """What it has brought stays."""

    def stop(row: BackfillRow) -> None:
        row.state, row.finished_at = State.CANCELLED, act.now

    return _turn(act, backfill_id, "cancel backfill", store.OPEN, stop)


def _turn(
    act: Act,
    backfill_id: str,
    verb: str,
    those: tuple[State, ...],
    change: Callable[[BackfillRow], None],
    *,
    fresh: bool = False,
) -> Response:
    """Change one that stands in one of those states. `fresh`: not one whose plan is too old."""

    def work(session: Session) -> BackfillView:
        row = store.one(session, backfill_id, locked=True)
        if row is None:
            raise not_found(f"backfill {backfill_id}")
        if row.state not in those or (fresh and row.expires_at < act.now):
            raise _over(row, those)
        change(row)
        row.problem, row.not_before = "", act.now
        row.resumed_at, row.resumed_from = act.now, row.done
        ring(session, PAST)
        act.record(session, verb, row.id, reason=row.why)
        return BackfillView.of(row, cost=None, now=act.now)

    return act.once(work, status=202 if fresh else 200)


def _cost(world: World, row: BackfillRow, *, now: datetime) -> Cost | None:
    """Of what is left. `None` where it is over, or its source is not there any more."""
    if row.state not in store.OPEN:
        return None
    wish = Wish.model_validate(row.wish)
    try:
        with world.database.reading() as session:
            place = find(world, world.sets.active(session), wish)
    except PermanentError:
        return None
    return _left(world, row, wish, place, now=now)


def _left(world: World, row: BackfillRow, wish: Wish, place: Place, *, now: datetime) -> Cost:
    found = turn.quotas(limits(world, place.connected), now=now, scale=world.scale)
    records = row.total - row.done
    calls = place.calls(records)
    speed = pace(row, now=now)
    return Cost(
        calls=calls,
        quotas=tuple(Use.of(one, calls) for one in found),
        seconds=round(
            records / speed
            if speed
            else pacing.seconds(found, share=wish.share, calls=calls, records=records),
            1,
        ),
    )


def _over(row: BackfillRow, those: tuple[State, ...]) -> Problem:
    return Problem(
        "backfill-state",
        "This backfill cannot do that now",
        status=409,
        detail=f"{row.id} is {row.state}, or its plan is older than a day; this is for one that is"
        f" {' or '.join(those)}",
    )
