"""`/api/v1/polls`: how far the searches for what no message told have come."""

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from bridge.access.guard import Viewer
from bridge.access.problems import ACTS, READS, not_found
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data
from bridge.bell import CHORES
from bridge.db import ring
from bridge.pipeline.polling import store

router = APIRouter(prefix="/api/v1/polls", tags=["polls"], responses=READS)


class PollView(BaseModel):
    """All that was changed before `since` is here. `found`: of the pass under way, else of the last.

    `problem`: why it does not go on; it is tried again at `due_at`.
    """

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "source": "customer-feedback",
                    "since": "2026-11-23T08:59:00Z",
                    "due_at": "2026-11-23T09:15:00Z",
                    "begun_at": None,
                    "ended_at": "2026-11-23T09:00:01Z",
                    "found": 0,
                    "problem": "",
                }
            ]
        },
    )

    source: str
    since: datetime
    due_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    found: int
    problem: str


@router.get("", summary="Searches for what no message told")
def listing(data: Data, _: Viewer) -> list[PollView]:
    """One for each source with `poll`, in the order of their names."""
    with data.reading() as session:
        return [PollView.model_validate(row) for row in store.rows(session)]


@router.post("/{source}:run", summary="Search now", responses=ACTS)
def run(act: OperatorAct, source: str) -> Response:
    """It begins within seconds, where its system may be called."""

    def work(session: Session) -> PollView:
        row = store.one(session, source)
        if row is None:
            raise not_found(f"poll of source {source}")
        row.due_at = min(row.due_at, act.now)
        ring(session, CHORES)
        act.record(session, "poll", source)
        return PollView.model_validate(row)

    return act.once(work)
