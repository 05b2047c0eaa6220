"""The acts of people on the sync log: cancel."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.orm import Session

from bridge.access.problems import ACTS, READS, not_found
from bridge.access.repeats import OperatorAct
from bridge.outbox.search import Filter, select_deliveries, strangers
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.acts.cancel import cancel
from bridge.pipeline.world import World

MOST = 500
router = APIRouter(prefix="/api/v1", tags=["acts"], responses=READS)


async def _world(request: Request) -> World:
    found: World = request.app.state.world
    return found


TheWorld = Annotated[World, Depends(_world)]


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


def must_be_there(session: Session, wanted: Filter) -> None:
    """Raises the problem that names the deliveries that are not there: of a typo nothing is done."""
    missing = strangers(session, wanted)
    if missing:
        more = f", nor {len(missing) - 1} others" if len(missing) > 1 else ""
        raise not_found(f"delivery {missing[0]}{more}")


class Count(BaseModel):
    count: int
    ids: tuple[str, ...] = ()


@router.post("/deliveries:cancel", summary="Do not send these", responses=ACTS)
def cancel_deliveries(act: OperatorAct, world: TheWorld, wish: CancelWish) -> Response:
    """Waiting, pending, held and dead ones. A cancelled create frees its link."""

    def work(session: Session) -> Count:
        must_be_there(session, wish.filter)
        query = select_deliveries(wish.filter).order_by(DeliveryRow.seq).limit(wish.most)
        rows = list(session.scalars(query))
        gone = cancel(session, world, rows, by=act.principal.name, why=wish.why, now=act.now)
        ids = tuple(row.id for row in gone)
        act.record(session, "cancel", f"{len(ids)} deliveries", reason=wish.why, difference=ids)
        return Count(count=len(ids), ids=ids)

    return act.once(work)
