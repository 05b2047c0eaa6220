"""`/api/v1/rules/{rule}`: what people do about a rule that was held because it went beyond a cap."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bridge.access.guard import Viewer, require
from bridge.access.keys import Role
from bridge.access.problems import ACTS, READS, Problem, described
from bridge.access.repeats import Act, OperatorAct
from bridge.access.state import Data
from bridge.canonical.duration import Duration
from bridge.outbox import hold as holds
from bridge.outbox import wild
from bridge.outbox.tables import HoldRow
from bridge.outbox.views import HoldView
from bridge.pipeline.caps import verdict
from bridge.pipeline.routes import Count, TheWorld

LONGEST = timedelta(days=7)
router = APIRouter(prefix="/api/v1/rules", tags=["rules"], responses=READS)
Rule = Annotated[str, Path(max_length=80)]


class HeldView(BaseModel):
    """What a rule that went beyond a cap asks, and does not get: by connection and action."""

    hold: HoldView
    count: int
    by_action: dict[str, int]
    examples: list[str] = Field(description="Deliveries, the first ones: /api/v1/deliveries/ID.")


class Release(BaseModel):
    """`spare`: so long the rule is not held again, whatever it writes; a week at most."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"why": "the import was announced", "spare": "2h"}]},
    )

    why: str = ""
    spare: Annotated[Duration, Field(gt=timedelta(0), le=LONGEST)] | None = None


class Discard(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"why": "the mapping was wrong"}]}
    )

    why: str = ""


@router.get("/{rule}/held", summary="What a held rule asks", responses=described(409))
def held(_: Viewer, database: Data, rule: Rule) -> HeldView:
    """The dry run of a discard: 409 if the rule is not held."""
    with database.reading() as session:
        found = wild.open_hold(session, rule)
        if found is None:
            raise _not_held(rule)
        counts = wild.counts(session, found)
        return HeldView(
            hold=HoldView.model_validate(found),
            count=sum(counts.values()),
            by_action=counts,
            examples=wild.examples(session, found),
        )


@router.post("/{rule}:release", summary="Let go what a held rule asks", responses=ACTS)
def release(act: OperatorAct, world: TheWorld, rule: Rule, body: Release) -> Response:
    """They go in the order of their records, as fast as the budgets allow, and the rule is counted
    anew. Who has a smaller role than the hold's `may_decide` is answered 403.
    """

    def work(session: Session) -> Count:
        hold = _to_decide(session, act, rule)
        count = verdict.release(
            session,
            world,
            hold,
            by=act.principal.name,
            why=body.why,
            spare=body.spare,
            now=act.now,
        )
        spare = {"spare": str(body.spare)} if body.spare else {}
        act.record(session, "release", rule, reason=body.why, difference={"count": count, **spare})
        return Count(count=count)

    return act.once(work)


@router.post("/{rule}:discard", summary="Drop what a held rule asks", responses=ACTS)
def discard(act: OperatorAct, world: TheWorld, rule: Rule, body: Discard) -> Response:
    """They are cancelled, also those that were about to be held; it cannot be undone. `GET …/held`
    tells beforehand what that is.
    """

    def work(session: Session) -> Count:
        hold = _to_decide(session, act, rule)
        count, _ = verdict.discard(
            session, world, hold, by=act.principal.name, why=body.why, now=act.now
        )
        act.record(session, "discard", rule, reason=body.why, difference={"count": count})
        return Count(count=count)

    return act.once(work)


def _to_decide(session: Session, act: Act, rule: str) -> HoldRow:
    """The open hold of this rule, locked, for somebody who may decide on it."""
    found = wild.open_hold(session, rule)
    hold = holds.one(session, found.id) if found else None
    if hold is None or hold.state != holds.OPEN:
        raise _not_held(rule)
    require(act.principal, Role(hold.may_decide))
    return hold


def _not_held(rule: str) -> Problem:
    return Problem(
        "rule-not-held",
        "This rule is not held",
        status=409,
        detail=f"{rule} is within its caps, or somebody has decided; GET /api/v1/holds lists holds",
    )
