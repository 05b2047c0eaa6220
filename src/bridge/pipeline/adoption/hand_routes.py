"""`POST /api/v1/links`: link two records that are there, because a person says so."""

from typing import Self

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from bridge.access.problems import ACTS, READS, Problem, described, refusal
from bridge.access.repeats import Act, OperatorAct
from bridge.db import Database
from bridge.errors import DeliveryError, Malformed, Unconfigured
from bridge.ledger.link_view import LinkView, link_views
from bridge.ledger.tables import AdoptionPairRow, LinkRow
from bridge.outbox import connection
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.adoption import by_hand
from bridge.pipeline.adoption.by_hand import LinkForm, Looked
from bridge.pipeline.adoption.ends import Ends
from bridge.pipeline.adoption.wish import Outcome
from bridge.pipeline.world import World
from bridge.rules.store import active_hash

router = APIRouter(prefix="/api/v1/links", tags=["links"], responses=READS)


class LinkedView(BaseModel):
    """What came of it: `adopted` (they are linked now), `linked` (they were), or, in a dry run,
    `link` (they would be), or why not. `link`: the one that joins them."""

    model_config = ConfigDict(frozen=True)

    outcome: str
    reason: str
    left_ref: str | None
    right_ref: str | None
    role: str
    relation: str
    link: LinkView | None

    @classmethod
    def of(cls, session: Session, row: AdoptionPairRow, link: LinkRow | None) -> Self:
        names = ("outcome", "reason", "left_ref", "right_ref", "role", "relation")
        shown = None if link is None else link_views(session, [link])[0]
        return cls(**{name: getattr(row, name) for name in names}, link=shown)


@router.post("", summary="Link two records", responses={**ACTS, **described(502, 503)})
def link(act: OperatorAct, world: TheWorld, form: LinkForm) -> Response:
    """Both are read from their systems now. Nothing is written to any system but what rules, syncs
    and `write_back` then ask; with `dry_run` nothing is kept at all."""

    def work() -> LinkedView:
        looked = _looked(world, act.database, form)
        with act.database.transaction() as session:
            if active_hash(session) != looked.rules.hash:
                raise refusal(409, "other mappings became active at this moment; send it again")
            if form.dry_run:
                by_hand.judge(session, looked)
                return LinkedView.of(session, looked.row, None)
            made = by_hand.link(
                session, world, looked, by=act.principal.name, announce=form.announce, now=act.now
            )
            if made is None:
                raise _refused(looked.row)
            if looked.row.outcome == Outcome.ADOPTED:
                _audit(act, session, made, form.why)
            return LinkedView.of(session, looked.row, made)

    return act.once_outside(work)


def _looked(world: World, database: Database, form: LinkForm) -> Looked:
    """Both ends as they are now. Raises the problem that says why they cannot be looked up."""
    try:
        with database.reading() as session:
            rules = world.sets.active(session)
            where = by_hand.place(session, rules, form)
            rows = connection.rows(session)
        _callable(
            world, where, {name for name, row in rows.items() if row.state != connection.OPEN}
        )
        return by_hand.look_up(world, rules, form, where)
    except Malformed as error:
        raise refusal(400, str(error)) from None
    except (DeliveryError, Unconfigured) as error:
        raise Problem(
            "not-read", "The records cannot be read now", status=502, detail=str(error)
        ) from None


def _callable(world: World, where: Ends, closed: set[str]) -> None:
    for name in sorted({where.left[0], where.right[0]}):
        connected = world.connections.get(name)
        if connected is None or connected.connector.reader is None:
            raise Malformed(f"{name!r} is no connection whose records can be read")
        if name in closed:
            raise Problem(
                "not-called",
                "A system is not called now",
                status=503,
                detail=f"{name} is down or paused, see: bridge connections; send it again later",
                headers={"Retry-After": "60"},
            )


def _refused(row: AdoptionPairRow) -> Problem:
    conflict = row.outcome == Outcome.CONFLICT
    return Problem(
        "not-linked",
        "These two are not linked",
        status=409 if conflict else 422,
        detail=row.reason,
        more={"outcome": str(row.outcome)},
    )


def _audit(act: Act, session: Session, link: LinkRow, why: str) -> None:
    names = ("left_ref", "right_ref", "relation", "role", "key")
    kept = {name: getattr(link, name) for name in names}
    act.record(session, "link", link.id, reason=why, difference=kept)
