"""`/api/v1/holds`: what people do about held deliveries. A hold says who may decide on it."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, model_validator
from sqlalchemy.orm import Session

from bridge.access.guard import require
from bridge.access.keys import Role
from bridge.access.problems import ACTS, READS, Problem, not_found
from bridge.access.repeats import Act, OperatorAct
from bridge.outbox import hold as holds
from bridge.outbox.hold import Then
from bridge.outbox.tables import HoldRow
from bridge.outbox.views import HoldView
from bridge.pipeline.acts.routes import Count, TheWorld
from bridge.pipeline.caps import verdict
from bridge.pipeline.syncing.choosing import lock_asked

router = APIRouter(prefix="/api/v1/holds", tags=["acts"], responses=READS)


class Why(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"why": "looked at, all right"}]}
    )

    why: str = ""


class Terms(BaseModel):
    """Whose it is, who may decide, and what becomes of it by itself. What is not said stays.

    `until` and `then` go together; `"until": null` ends by itself no more.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"until": "2026-11-23T18:00:00Z", "then": "discard", "owner": "anna"}]
        },
    )

    until: AwareDatetime | None = None
    then: Then | None = None
    owner: Annotated[str, StringConstraints(max_length=200)] = ""
    may_decide: Role = Role.OPERATOR
    why: str = ""

    @model_validator(mode="after")
    def _says_both(self) -> "Terms":
        if (self.until is None) != (self.then is None):
            raise ValueError("`until` and `then` go together: when it ends, and how")
        return self


@router.post("/{hold_id}:release", summary="Let held deliveries go", responses=ACTS)
def release(act: OperatorAct, world: TheWorld, hold_id: str, body: Why) -> Response:
    """Who has a smaller role than the hold's `may_decide` is answered 403.

    `count` go, the first at once; of many the others follow within seconds (`doing` of the hold).
    Of a conflict the value that was set last counts; `:decide` says which.
    """

    def work(session: Session) -> Count:
        hold = to_decide(session, act, hold_id)
        count = verdict.release(
            session, world, hold, by=act.principal.name, why=body.why, now=act.now
        )
        act.record(session, "release", hold_id, reason=body.why, difference={"count": count})
        return Count(count=count)

    return act.once(work)


@router.post("/{hold_id}:discard", summary="Drop held deliveries", responses=ACTS)
def discard(act: OperatorAct, world: TheWorld, hold_id: str, body: Why) -> Response:
    """Who has a smaller role than the hold's `may_decide` is answered 403.

    `count` are dropped, `ids` at once; of many the others follow within seconds (`doing` of the hold).
    """

    def work(session: Session) -> Count:
        hold = to_decide(session, act, hold_id)
        count, gone = verdict.discard(
            session, world, hold, by=act.principal.name, why=body.why, now=act.now
        )
        ids = tuple(row.id for row in gone)
        difference = {"count": count} if hold.doing else ids
        act.record(session, "discard", hold_id, reason=body.why, difference=difference)
        return Count(count=count, ids=ids)

    return act.once(work)


@router.post("/{hold_id}:set", summary="Say who decides, until when, and what then", responses=ACTS)
def set_terms(act: OperatorAct, hold_id: str, body: Terms) -> Response:
    """Nothing is sent or dropped now. When `until` has passed, the clock does what `then` says."""

    def work(session: Session) -> HoldView:
        hold = to_decide(session, act, hold_id)
        said = body.model_dump(mode="json", exclude={"why"}, exclude_unset=True)
        if "until" in said:
            hold.until, hold.then = body.until, body.then or ""
        hold.owner = body.owner if "owner" in said else hold.owner
        hold.may_decide = body.may_decide if "may_decide" in said else hold.may_decide
        act.record(session, "set", hold_id, reason=body.why, difference=said)
        return HoldView.model_validate(hold)

    return act.once(work)


def to_decide(session: Session, act: Act, hold_id: str) -> HoldRow:
    """This open hold, for somebody who may decide on it."""
    lock_asked(session, hold_id)
    hold = holds.one(session, hold_id)
    if hold is None:
        raise not_found(f"hold {hold_id}")
    if hold.state != holds.OPEN:
        raise Problem(
            "hold-decided", "This hold was decided already", status=409, detail=hold.state
        )
    require(act.principal, Role(hold.may_decide))
    return hold
