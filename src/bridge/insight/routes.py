"""`/api/v1/stats` and `/api/v1/people`: the numbers, the events behind them, and who is unattributed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from bridge.access.guard import Operator, Viewer
from bridge.access.paging import Page, Turn
from bridge.access.problems import READS, Problem
from bridge.access.state import Data, Time
from bridge.insight import book, unattributed
from bridge.insight.book import CASES, Name, Stats
from bridge.insight.case import Case, Standing
from bridge.insight.scan import scan
from bridge.insight.window import Window, window

MOST_PEOPLE = 1_000
LONGEST_TIME = 40  # characters

router = APIRouter(prefix="/api/v1", tags=["numbers"], responses=READS)


class WindowView(BaseModel):
    """From `since` up to, but not including, `until`."""

    since: datetime
    until: datetime


class StatsView(Stats):
    """The numbers of a window. Times are seconds; a number of nothing is null, never 0."""

    window: WindowView


class CaseView(BaseModel):
    """One case: read its event at `/api/v1/events/{event}`, or ask `/api/v1/explain?what={event}`.

    `seconds`: how long it took, or how far a due date moved. `reason`: why it is open or left out.
    `ended_by`: the event, delivery or link that ended it.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    event: str
    subject: str
    at: datetime
    standing: Standing
    reason: str
    ended_at: datetime | None
    ended_by: str | None
    seconds: float | None
    department: str | None


async def _window(
    clock: Time,
    since: Annotated[
        str, Query(max_length=LONGEST_TIME, description="7d, 2026-11-01, 2026-11-01T12:00:00Z")
    ] = "7d",
    until: Annotated[
        str | None, Query(max_length=LONGEST_TIME, description="The same; left out: now.")
    ] = None,
) -> Window:
    try:
        return window(since, until, now=clock.now())
    except ValueError as error:
        raise Problem(
            "wrong-window", "This time cannot be used", status=422, detail=str(error)
        ) from None


During = Annotated[Window, Depends(_window)]


@router.get("/stats", summary="Six numbers")
def stats(_: Viewer, database: Data, during: During) -> StatsView:
    """Feedback to task, progress to board, events without a rule, due dates moved, seam time both
    ways, and what needs a person now. What each means is in docs/numbers.md.
    """
    found = book.stats(database, during)
    linked = {
        name: getattr(found, name).model_copy(update={"events": _list(name, during)})
        for name in Stats.model_fields
        if name in set(Name)
    }
    named = {name: getattr(found, name) for name in Stats.model_fields} | linked
    return StatsView(**named, window=WindowView(since=during.since, until=during.until))


@router.get("/stats/{number}/events", summary="The events behind a number")
def events(_: Viewer, database: Data, number: Name, during: During, turn: Turn) -> Page[CaseView]:
    """Every case: counted, open, or left out with the reason; the newest first.

    A page counts beginnings: one event that asked for two tasks is two cases. Errors of rules are
    those of now, whatever the window.
    """
    register = CASES[number]
    with database.reading() as session:
        query = turn.span.of(register.rows(during), register.seq)
        rows = session.execute(query).all()
        cases = register.read(session, rows[: turn.span.limit], during)
    shown = turn.page(rows, seq=lambda row: row.seq, item=lambda row: int(row.seq))
    return Page(items=tuple(_in_order(cases, shown.items)), next=shown.next)


@router.get("/people/unattributed", summary="Who is missing in people.yaml")
def strangers(
    _: Operator,
    database: Data,
    during: During,
    limit: Annotated[int, Query(ge=1, le=MOST_PEOPLE)] = 200,
) -> list[unattributed.Unknown]:
    """Who acted and is in no department, with how many events, the most first.

    Add them to mappings/people.yaml; events from then on have their department. The answer names
    people, so this needs the role operator.
    """
    return unattributed.number(scan(database, book.ACTED, during))[:limit]


def _in_order(cases: Sequence[Case], seqs: tuple[int, ...]) -> list[CaseView]:
    return [CaseView.model_validate(case) for seq in seqs for case in cases if case.seq == seq]


def _list(name: str, during: Window) -> str:
    times = {"since": _text(during.since), "until": _text(during.until)}
    return f"/api/v1/stats/{name}/events?{urlencode(times)}"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
