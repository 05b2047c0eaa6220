"""Replays as people read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.replay.running import eta
from bridge.replays.tables import ReplayItemRow, ReplayRow


class ReplayView(BaseModel):
    """A plan, or a run of it. `counts` says what it would touch; `done` of `total` says how far it is."""

    model_config = ConfigDict(frozen=True)

    id: str
    mode: str
    state: str = Field(
        description="planning, planned, running, paused, done or cancelled; only planned ones run."
    )
    principal: str = Field(description="Who planned it.")
    run_by: str
    why: str
    filter: dict[str, Any]
    options: dict[str, Any]
    counts: dict[str, Any] = Field(
        description="`will`: what becomes of the items; `sends`: deliveries and calls by connection, at"
        " most; `follows`: write-backs to records that say how their work stands, at most; `quotas`: those calls against what is left; `under_way` and `held` are left out."
    )
    done: int
    total: int
    moved: dict[str, int] = Field(
        description="What came otherwise than planned, as `planned: came`; `/items?moved=true`."
    )
    waits: str = Field(description="What it waits for before it goes on; empty: nothing.")
    eta_seconds: float | None = Field(description="Until all is owed, at the speed so far.")
    created_at: datetime
    expires_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None


class WholeReplay(ReplayView):
    """With what became of the deliveries that it owed so far, by state."""

    outcomes: dict[str, int]


class ItemView(BaseModel):
    """One delivery or event of a replay: what was planned, what came of it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    number: int
    what: str = Field(description="The delivery's or the event's id.")
    will: str
    did: str = Field(description="Empty: it was not its turn yet.")
    owed: list[dict[str, Any]] | None = Field(
        description="What was planned for an event, step by step; names alone."
    )
    note: str


def view(row: ReplayRow, *, now: datetime) -> ReplayView:
    return ReplayView(**_values(row, now))


def whole(session: Session, row: ReplayRow, *, now: datetime) -> WholeReplay:
    return WholeReplay(**_values(row, now), outcomes=outcomes(session, row.id))


def outcomes(session: Session, replay_id: str) -> dict[str, int]:
    """What became of what it owed, by state."""
    query = (
        select(DeliveryRow.state, func.count())
        .where(DeliveryRow.replay_id == replay_id, DeliveryRow.replay_id != "")
        .group_by(DeliveryRow.state)
    )
    return {row[0]: row[1] for row in session.execute(query.order_by(DeliveryRow.state))}


def item(row: ReplayItemRow) -> ItemView:
    return ItemView.model_validate(row)


def _values(row: ReplayRow, now: datetime) -> Mapping[str, Any]:
    names = set(ReplayView.model_fields) - {"eta_seconds"}
    return {name: getattr(row, name) for name in names} | {"eta_seconds": eta(row, now=now)}
