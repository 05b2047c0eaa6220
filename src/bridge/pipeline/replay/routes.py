"""`/api/v1/replays`: what to send or decide again, first as a plan, then as a run that can be stopped."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.access.guard import Viewer
from bridge.access.paging import Page, Turn
from bridge.access.problems import ACTS, READS, Problem, no_reason, not_found
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data, Time
from bridge.outbox.routes import Why
from bridge.outbox.search import Filter
from bridge.pipeline.acts.routes import TheWorld, must_be_there
from bridge.pipeline.replay import planning, running, views
from bridge.pipeline.replay.judging import Will
from bridge.pipeline.replay.running import NoReason
from bridge.pipeline.replay.views import ItemView, ReplayView, WholeReplay
from bridge.pipeline.replay.wish import MOST, Newer, Pace, ReplayMode, Wish
from bridge.replays import store
from bridge.replays.tables import ReplayItemRow, ReplayRow, ReplayState

router = APIRouter(prefix="/api/v1/replays", tags=["replays"], responses=READS)


class ReplayWish(BaseModel):
    """What to replay, and how.

    `again` sends the frozen action; `redecide` asks today's rules about the stored event, `then`
    those by which it was first decided. `newer`: whether the newer one goes in the place of one that
    it has overtaken (`send`) or nothing does (`skip`); `force` sends the old one all the same.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "filter": {"state": ["dead"], "connection": "jira"},
                    "pace": {"per_minute": 120},
                    "why": "ENG is back",
                }
            ]
        },
    )

    filter: Filter
    mode: ReplayMode = ReplayMode.AGAIN
    most: int = Field(default=MOST, ge=1, le=MOST)
    newer: Newer = Newer.SKIP
    force: bool = False
    new_write_key: bool = False
    pace: Pace = Pace()
    why: str = Field(default="", max_length=2_000)


@router.post("", summary="Plan a replay", responses=ACTS, status_code=201)
def plan(act: OperatorAct, world: TheWorld, wish: ReplayWish) -> Response:
    """Nothing is sent: the answer says what a run would do. Run it with `/replays/{id}:run`.

    A long plan is answered while it is still `planning`; it goes on by itself: look until it is `planned`.
    """

    def work(session: Session) -> ReplayView:
        must_be_there(session, wish.filter)
        asked = Wish(**{name: getattr(wish, name) for name in ReplayWish.model_fields})
        by = act.principal.name
        made = planning.plan(session, world, asked, principal=by, now=act.now)
        act.record(session, "plan", made.id, reason=wish.why, difference=made.counts)
        return views.view(made, now=act.now)

    return act.once(work, status=201)


@router.get("", summary="Replays, the newest first")
def listing(
    _: Viewer,
    database: Data,
    clock: Time,
    turn: Turn,
    state: Annotated[ReplayState | None, Query()] = None,
) -> Page[ReplayView]:
    """Plans and runs, those that are over too."""
    query = select(ReplayRow)
    if state is not None:
        query = query.where(ReplayRow.state == state)
    with database.reading() as session:
        rows = turn.span.read(session, query, ReplayRow.seq).rows
    now = clock.now()
    return turn.page(rows, seq=lambda row: row.seq, item=lambda row: views.view(row, now=now))


@router.get("/{replay_id}", summary="How far a replay is")
def progress(_: Viewer, database: Data, clock: Time, replay_id: str) -> WholeReplay:
    """`done` of `total` are owed or decided again; `outcomes` says what became of what was owed."""
    with database.reading() as session:
        return views.whole(session, _row(session, replay_id), now=clock.now())


@router.get("/{replay_id}/items", summary="What a replay does with each delivery or event")
def items(
    _: Viewer,
    database: Data,
    turn: Turn,
    replay_id: str,
    *,
    will: Annotated[Will | None, Query()] = None,
    moved: Annotated[
        bool, Query(description="Only what came otherwise than planned, and why.")
    ] = False,
) -> Page[ItemView]:
    """In the order of their numbers, as they are done: `order=oldest` begins with the first."""
    query = store.select_items(replay_id)
    if will is not None:
        query = query.where(ReplayItemRow.will == will)
    if moved:
        query = query.where(ReplayItemRow.moved)
    with database.reading() as session:
        _row(session, replay_id)
        rows = turn.span.read(session, query, ReplayItemRow.number).rows
    return turn.page(rows, seq=lambda row: row.number, item=views.item)


@router.post("/{replay_id}:run", summary="Run a plan", responses=ACTS, status_code=202)
def run(act: OperatorAct, replay_id: str, body: Why | None = None) -> Response:
    """Owes again what was planned, in steps; what it says is how far it came.

    `why` stands in the audit; without it, what was said with the plan. One of both must be said.
    """
    why = body.why if body is not None else ""

    def begin(session: Session) -> ReplayRow | None:
        by = act.principal.name
        try:
            return running.begin(session, replay_id, by=by, why=why, now=act.now)
        except NoReason as error:
            raise no_reason(str(error)) from error

    return _change(act, replay_id, "replay", begin, status=202)


@router.post("/{replay_id}:pause", summary="Pause a replay", responses=ACTS)
def pause(act: OperatorAct, replay_id: str) -> Response:
    """What was owed already goes on; nothing more of it is, until `:resume`."""
    return _change(
        act,
        replay_id,
        "pause",
        lambda session: running.pause(session, replay_id, now=act.now),
    )


@router.post("/{replay_id}:resume", summary="Go on with a paused replay", responses=ACTS)
def resume(act: OperatorAct, replay_id: str) -> Response:
    """From where it was."""
    return _change(
        act,
        replay_id,
        "resume",
        lambda session: running.resume(session, replay_id, now=act.now),
    )


@router.post("/{replay_id}:cancel", summary="Stop a replay", responses=ACTS)
def stop(act: OperatorAct, replay_id: str) -> Response:
    """What was owed already stays; nothing more of it is."""
    return _change(
        act,
        replay_id,
        "cancel",
        lambda session: running.cancel(session, replay_id, now=act.now),
    )


def _change(
    act: OperatorAct,
    replay_id: str,
    verb: str,
    change: Callable[[Session], ReplayRow | None],
    *,
    status: int = 200,
) -> Response:
    def work(session: Session) -> ReplayView:
        found = change(session)
        if found is None:
            raise _cannot(verb, replay_id, store.one(session, replay_id))
        act.record(session, verb, replay_id, reason=found.why, difference=found.counts)
        return views.view(found, now=act.now)

    return act.once(work, status=status)


def _row(session: Session, replay_id: str) -> ReplayRow:
    found = store.one(session, replay_id)
    if found is None:
        raise not_found(f"replay {replay_id}")
    return found


def _cannot(verb: str, replay_id: str, found: ReplayRow | None) -> Problem:
    state = ReplayState(found.state) if found is not None else None
    remedy = {
        None: "it is not there; plan it again",
        ReplayState.PLANNING: "it is still being planned; look until it is `planned`",
        ReplayState.PLANNED: "it was not run yet, or is older than an hour; run it, or plan it again",
        ReplayState.RUNNING: "it runs",
        ReplayState.PAUSED: "it is paused; resume it, or cancel it",
    }.get(state, "it is over; plan it again")
    return Problem(
        "plan-over",
        "This cannot be done with the replay now",
        status=409,
        detail=f"{verb} {replay_id}: {remedy}",
    )
