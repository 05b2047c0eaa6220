"""`/api/v1/alerts` and `/api/v1/silences`: what fires, what waits, and what is not to be told."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from sqlalchemy.orm import Session

from bridge.access.guard import Viewer
from bridge.access.paging import Page, Turn, Word
from bridge.access.problems import ACTS, READS, Problem, not_found
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data, Time
from bridge.access.veil import Veiled
from bridge.alerts import matcher, silences, store
from bridge.alerts.silences import EXPIRED
from bridge.alerts.tables import GroupRow, SilenceRow
from bridge.alerts.views import (
    AlertGroupView,
    GroupState,
    SilenceView,
    WholeGroup,
    group_view,
    silence_view,
    whole_group,
)
from bridge.errors import Malformed

LONGEST = timedelta(days=366)
SHOWN = 200  # alerts and cards of a group
router = APIRouter(prefix="/api/v1", tags=["alerts"], responses=READS)
Said = Annotated[str, StringConstraints(max_length=matcher.LONGEST)]


class NewSilence(BaseModel):
    """What is not to be told: alerts whose labels fit every matcher, from `starts_at` (left out: now)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "matchers": ["rule=incident-raised", 'work_item.project=~"CLOUD|NET"'],
                    "ends_at": "2026-11-26T06:00:00Z",
                    "comment": "the move to the new data centre",
                }
            ]
        },
    )

    matchers: Annotated[list[Said], Field(min_length=1, max_length=matcher.MOST)]
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime
    comment: Annotated[str, StringConstraints(max_length=2_000)] = ""

    @field_validator("matchers")
    @classmethod
    def _read(cls, value: list[str]) -> list[str]:
        try:
            return [str(matcher.parse(one)) for one in value]
        except Malformed as error:
            raise ValueError(str(error)) from None


class Why(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"why": "done"}]})

    why: str = ""


@router.get("/alerts", summary="What fires, waits or is silenced, by group")
def groups(
    veil: Veiled,
    database: Data,
    clock: Time,
    turn: Turn,
    *,
    state: Annotated[GroupState | None, Query()] = None,
    rule: Annotated[Word | None, Query()] = None,
) -> Page[AlertGroupView]:
    """Groups with something open, the newest first; `state=over` for those with nothing open.

    A page may be short although more follow: whether a group is silenced is seen when it is read.
    """
    with database.reading() as session:
        query = store.groups(rule=rule, over=state == "over")
        found = session.scalars(turn.span.of(query, GroupRow.seq)).all()
        alerts = store.open_alerts(session, [row.id for row in found])
        active = silences.active(session, now=clock.now())
    page = turn.page(
        found,
        seq=lambda row: row.seq,
        item=lambda row: group_view(row, alerts[row.id], active, veil),
    )
    fitting = tuple(one for one in page.items if state in {None, one.state})
    return page.model_copy(update={"items": fitting})


@router.get("/alerts/{group_id}", summary="One group with its alerts and its cards")
def group(veil: Veiled, database: Data, clock: Time, group_id: Word) -> WholeGroup:
    with database.reading() as session:
        row = store.group(session, group_id)
        if row is None:
            raise not_found(f"group of alerts {group_id}")
        return whole_group(
            row,
            store.alerts_of(session, row.id, limit=SHOWN),
            store.cards_of(session, row, limit=SHOWN),
            silences.active(session, now=clock.now()),
            veil,
        )


@router.get("/silences", summary="What is not to be told")
def silence_list(
    _: Viewer,
    database: Data,
    clock: Time,
    turn: Turn,
    state: Annotated[str | None, Query(pattern="^(active|pending|expired)$")] = None,
) -> Page[SilenceView]:
    """Silences, the newest first; those that are over stay as history."""
    now = clock.now()
    with database.reading() as session:
        found = turn.span.read(session, silences.page(state, now=now), SilenceRow.seq)
    return turn.page(found.rows, seq=lambda row: row.seq, item=lambda row: silence_view(row, now))


@router.post("/silences", summary="Silence alerts until a time", responses=ACTS, status_code=201)
def add(act: OperatorAct, body: NewSilence) -> Response:
    """Whose labels fit every matcher is not told. What lasts is told when the silence ends, if it
    still fires then; a notice passes. The author is whoever's key it is.
    """
    starts = max(body.starts_at or act.now, act.now)
    if not starts < body.ends_at <= starts + LONGEST:
        raise Problem(
            "silence-times",
            "A silence ends after it begins, within a year",
            status=422,
            detail=f"it would begin at {starts.isoformat()} and end at {body.ends_at.isoformat()}",
        )

    def work(session: Session) -> SilenceView:
        row = silences.add(
            session,
            [matcher.parse(one) for one in body.matchers],
            starts_at=starts,
            ends_at=body.ends_at,
            author=act.principal.name,
            comment=body.comment,
            now=act.now,
        )
        difference = {"matchers": body.matchers, "until": body.ends_at.isoformat()}
        act.record(session, "silence", row.id, reason=body.comment, difference=difference)
        return silence_view(row, act.now)

    return act.once(work, status=201)


@router.post("/silences/{silence_id}:expire", summary="End a silence now", responses=ACTS)
def expire(act: OperatorAct, silence_id: Word, body: Why) -> Response:
    """What it silenced and still fires is told at once. It stays in the history."""

    def work(session: Session) -> SilenceView:
        row = silences.one(session, silence_id)
        if row is None:
            raise not_found(f"silence {silence_id}")
        if silences.state_of(row, act.now) == EXPIRED:
            raise Problem(
                "silence-over",
                "This silence is over already",
                status=409,
                detail=f"since {row.ends_at.isoformat()}",
            )
        silences.expire(session, row, by=act.principal.name, now=act.now)
        act.record(session, "expire", silence_id, reason=body.why)
        return silence_view(row, act.now)

    return act.once(work)
