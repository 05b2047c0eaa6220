"""`GET /api/v1/alarms`."""

from typing import Annotated

from fastapi import APIRouter, Query

from bridge.access.guard import Viewer
from bridge.access.paging import Page, Turn
from bridge.access.problems import READS
from bridge.access.state import Data
from bridge.alarms import store
from bridge.alarms.alarm import Alarm
from bridge.alarms.tables import State

router = APIRouter(prefix="/api/v1", tags=["alarms"], responses=READS)


@router.get("/alarms", summary="What is wrong, and what to do about it")
def listing(
    _: Viewer, database: Data, turn: Turn, state: Annotated[State | None, Query()] = None
) -> Page[Alarm]:
    """Every alarm there was, the newest kind first; `state=down` for what is wrong now."""
    with database.reading() as session:
        found = store.page(session, turn.span, state=state)
    return turn.page(found, seq=lambda alarm: alarm.seq, item=lambda alarm: alarm)
