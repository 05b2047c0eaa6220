"""The acts of people on the sync log: replay, cancel, release."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.orm import Session

from bridge.access.guard import Viewer
from bridge.access.problems import ACTS, READS, Problem, not_found
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data
from bridge.outbox.search import Filter, select_deliveries
from bridge.outbox.tables import DeliveryRow, PlanRow
from bridge.pipeline import replay
from bridge.pipeline.cancel import cancel
from bridge.pipeline.replay import MOST, ReplayMode, Wish
from bridge.pipeline.world import World

router = APIRouter(prefix="/api/v1", tags=["acts"], responses=READS)


async def _world(request: Request) -> World:
    found: World = request.app.state.world
    return found


TheWorld = Annotated[World, Depends(_world)]


class PlanWish(BaseModel):
    """What to replay, and how. `redecide` asks today's rules; `again` sends the frozen action."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"filter": {"state": ["dead"], "connection": "jira"}, "why": "ENG is back"}
            ]
        },
    )

    filter: Filter
    mode: ReplayMode = ReplayMode.AGAIN
    most: int = Field(default=MOST, ge=1, le=100_000)
    force: bool = False
    new_write_key: bool = False
    why: str = ""


class PlanView(BaseModel):
    """A plan, or a run of it. `counts` says what it would touch; `done` of `total` says how far it is."""

    id: str
    mode: str
    state: str
    principal: str
    why: str
    filter: dict[str, Any]
    options: dict[str, Any]
    counts: dict[str, Any]
    done: int
    total: int
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None


class CancelWish(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"filter": {"ids": ["dlv_x"]}, "why": "answered by phone"}]
        },
    )

    filter: Filter
    most: int = Field(default=MOST, ge=1, le=100_000)
    why: str = ""

    @field_validator("filter")
    @classmethod
    def _says_which(cls, wanted: Filter) -> Filter:
        if wanted == Filter():
            raise ValueError("say which deliveries: an empty filter would be all of them")
        return wanted


class Count(BaseModel):
    count: int
    ids: tuple[str, ...] = ()


@router.post("/replays", summary="Plan a replay", responses=ACTS, status_code=201)
def plan(act: OperatorAct, world: TheWorld, wish: PlanWish) -> Response:
    """Nothing is sent: the answer says what a run would do. Run it with `/replays/{id}:run`."""

    def work(session: Session) -> PlanView:
        made = replay.plan(
            session,
            world,
            Wish(**{name: getattr(wish, name) for name in PlanWish.model_fields}),
            principal=act.principal.name,
            now=act.now,
        )
        act.record(session, "plan", made.id, reason=wish.why, difference=made.counts)
        return _plan_view(made)

    return act.once(work, status=201)


@router.get("/replays/{plan_id}", summary="How far a replay is")
def progress(_: Viewer, database: Data, plan_id: str) -> PlanView:
    with database.reading() as session:
        found = session.get(PlanRow, plan_id)
        if found is None:
            raise not_found(f"plan {plan_id}")
        return _plan_view(found)


@router.post("/replays/{plan_id}:run", summary="Run a plan", responses=ACTS, status_code=202)
def run(act: OperatorAct, plan_id: str) -> Response:
    """Owes again what was planned, in steps of 50; what it says is how far it came."""

    def begin(session: Session) -> PlanView:
        found = replay.begin(session, plan_id, now=act.now)
        if found is None:
            raise _cannot_run(plan_id)
        act.record(session, "replay", plan_id, reason=found.why, difference=found.counts)
        return _plan_view(found)

    return act.once(begin, status=202)


@router.post("/replays/{plan_id}:cancel", summary="Stop a replay", responses=ACTS)
def stop(act: OperatorAct, plan_id: str) -> Response:
    """What was owed already stays; nothing more of it is."""

    def work(session: Session) -> PlanView:
        found = session.get(PlanRow, plan_id, with_for_update=True)
        if found is None or found.state not in {"planned", "running"}:
            raise _cannot_run(plan_id)
        found.state, found.finished_at = "cancelled", act.now
        act.record(session, "cancel", plan_id)
        return _plan_view(found)

    return act.once(work)


@router.post("/deliveries:cancel", summary="Do not send these", responses=ACTS)
def cancel_deliveries(act: OperatorAct, world: TheWorld, wish: CancelWish) -> Response:
    """Waiting, pending, held and dead ones. A cancelled create frees its link."""

    def work(session: Session) -> Count:
        query = select_deliveries(wish.filter).order_by(DeliveryRow.seq).limit(wish.most)
        rows = list(session.scalars(query))
        gone = cancel(session, world, rows, by=act.principal.name, why=wish.why, now=act.now)
        ids = tuple(row.id for row in gone)
        act.record(session, "cancel", f"{len(ids)} deliveries", reason=wish.why, difference=ids)
        return Count(count=len(ids), ids=ids)

    return act.once(work)


def _cannot_run(plan_id: str) -> Problem:
    return Problem(
        "plan-over",
        "This plan cannot be used",
        status=409,
        detail=f"{plan_id} is not there, is over, or is older than an hour; plan it again",
    )


def _plan_view(row: PlanRow) -> PlanView:
    names = set(PlanView.model_fields) - {"total"}
    return PlanView(**{name: getattr(row, name) for name in names}, total=len(row.deliveries))
