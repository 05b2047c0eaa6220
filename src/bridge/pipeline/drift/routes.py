"""`/api/v1/drift`: how far linked records agree, what does not, and the repair of it."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.access import audit
from bridge.access.guard import Viewer, require
from bridge.access.keys import Role
from bridge.access.paging import Page, Turn
from bridge.access.problems import ACTS, READS, Problem, not_found, refusal
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data, Time
from bridge.bell import CHORES
from bridge.db import ring
from bridge.ledger.store import records
from bridge.ledger.tables import DifferenceRow, DriftRow
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.drift import store
from bridge.pipeline.drift.found import Cause
from bridge.pipeline.drift.views import DifferenceView, DriftView, RepairForm, RepairPlan, RunForm

PLAN_LIVES = timedelta(hours=24)
router = APIRouter(prefix="/api/v1/drift", tags=["drift"], responses=READS)


@router.get("", summary="Audits of linked records")
def listing(_: Viewer, database: Data, turn: Turn) -> Page[DriftView]:
    """The newest first: the share in agreement, and its history."""
    with database.reading() as session:
        rows = session.scalars(turn.span.of(select(DriftRow), DriftRow.seq)).all()
    return turn.page(rows, seq=lambda row: row.seq, item=DriftView.of)


@router.post(":run", summary="Compare linked records now", responses=ACTS, status_code=202)
def run(act: OperatorAct, world: TheWorld, form: RunForm) -> Response:
    """Reads both ends of each link from their systems, within what their quotas spare. Nothing is
    written but the fields that say since when a record is in step."""

    def work(session: Session) -> DriftView:
        if not world.sets.active(session).syncs:
            raise refusal(409, "the active mappings have no sync: nothing says what should agree")
        busy = store.working(session)
        if busy is not None:
            raise refusal(409, f"{busy.id} is {busy.state}; wait for it, or cancel it")
        row = store.begin(
            session, principal=act.principal.name, why=form.why, sample=form.sample, now=act.now
        )
        act.record(session, "audit drift", row.id, reason=form.why, difference=form.model_dump())
        return DriftView.of(row)

    return act.once(work, status=202)


@router.get("/{drift_id}", summary="One audit")
def progress(_: Viewer, database: Data, drift_id: str) -> DriftView:
    with database.reading() as session:
        return DriftView.of(_one(session, drift_id))


@router.get("/{drift_id}/differences", summary="What does not agree")
def differences(
    who: Viewer,
    database: Data,
    clock: Time,
    turn: Turn,
    drift_id: str,
    *,
    cause: Annotated[Cause | None, Query()] = None,
    reveal: Annotated[
        bool, Query(description="personal data and free text too; admins, audited")
    ] = False,
) -> Page[DifferenceView]:
    """Field by field, with both values as they were read then."""
    with database.transaction() if reveal else database.reading() as session:
        _one(session, drift_id)
        if reveal:
            require(who, Role.ADMIN)
            audit.record(
                session, who, "reveal", f"differences of {drift_id}", reason="", difference=None,
                now=clock.now(),
            )  # fmt: skip
        query = store.differences(drift_id)
        if cause is not None:
            query = query.where(DifferenceRow.cause == cause)
        rows = session.scalars(turn.span.of(query, DifferenceRow.seq)).all()
        refs = {ref for row in rows for ref in (row.left_ref, row.right_ref)}
        known = records(session, sorted(refs))
        keys = {ref: one.key for ref, one in known.items()}
        return turn.page(
            rows,
            seq=lambda row: row.seq,
            item=lambda row: DifferenceView.of(row, keys, revealed=reveal),
        )


@router.post("/{drift_id}:repair", summary="Bring in step what does not agree", responses=ACTS)
def repair(act: OperatorAct, drift_id: str, form: RepairForm) -> Response:
    """Reads the records again, and owes what their syncs then say, as ordinary deliveries under their
    caps. What agrees by now is left alone."""

    def work(session: Session) -> RepairPlan:
        row = _one(session, drift_id, locked=True)
        if not _may_be_repaired(row, act.now):
            raise _over(row)
        if not form.dry_run:
            store.repair(row, now=act.now)
            ring(session, CHORES)
            plan = RepairPlan.of(session, row)
            act.record(
                session, "repair drift", row.id, reason=form.why, difference=dict(plan.writes)
            )
        return RepairPlan.of(session, row)

    return act.once(work)


@router.post("/{drift_id}:cancel", summary="Stop an audit or its repair", responses=ACTS)
def stop(act: OperatorAct, drift_id: str) -> Response:
    """What was found stays, and what is owed already goes out."""

    def work(session: Session) -> DriftView:
        row = _one(session, drift_id, locked=True)
        if row.state not in store.WORKING:
            raise _over(row)
        row.state, row.ended_at = "cancelled", row.ended_at or act.now
        act.record(session, "cancel", drift_id)
        return DriftView.of(row)

    return act.once(work)


def _one(session: Session, drift_id: str, *, locked: bool = False) -> DriftRow:
    row = store.one(session, drift_id, locked=locked)
    if row is None:
        raise not_found(f"audit {drift_id}")
    return row


def _may_be_repaired(row: DriftRow, now: datetime) -> bool:
    """Not what was found long ago: another audit is cheap."""
    return row.state == "done" and row.ended_at is not None and now - row.ended_at <= PLAN_LIVES


def _over(row: DriftRow) -> Problem:
    return Problem(
        "audit-over",
        "This audit cannot be used so",
        status=409,
        detail=f"{row.id} is {row.state}, or older than a day; begin another: bridge drift run",
    )
