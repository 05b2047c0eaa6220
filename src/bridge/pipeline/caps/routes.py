"""`/api/v1/rules/{rule}`: what people do about a rule that was held because it went beyond a cap."""

from datetime import datetime, timedelta
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
from bridge.canonical.caps import Caps
from bridge.canonical.duration import Duration
from bridge.outbox import hold as holds
from bridge.outbox import wild
from bridge.outbox.tables import HoldRow
from bridge.outbox.views import HoldView
from bridge.pipeline.acts.routes import Count, TheWorld
from bridge.pipeline.caps import store, verdict
from bridge.pipeline.caps.learning import Learnt, better
from bridge.pipeline.ruleset.routes import active_set
from bridge.pipeline.world import World

LONGEST = timedelta(days=7)
router = APIRouter(prefix="/api/v1/rules", tags=["rules"], responses=READS)
Name = Annotated[str, Path(max_length=90)]  # of a rule, or `sync:` and a sync


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


class CapsView(BaseModel):
    """Caps; one that is null is not said, `none`: there is none."""

    model_config = ConfigDict(from_attributes=True)

    writes_per_hour: int | str | None
    per_record: int | str | None
    overwrites: float | str | None


class UseView(BaseModel):
    """What a rule of the active set may write, what it wrote, and what would fit.

    `hours`: those in which it wrote, of the last 30 days, the first of them at `since`. `share`: the
    largest of an hour. `proposed` is null while there are less than three days of history.
    """

    rule: str
    said: CapsView
    counts: CapsView = Field(description="What is said, and the usual caps for the rest.")
    since: datetime | None
    hours: int
    most: int
    p99: int
    most_at_record: int
    share: float | None
    proposed: CapsView | None
    held: bool


@router.get("/caps", summary="How much each rule may write, and wrote", responses=described(409))
def caps(_: Viewer, database: Data, world: TheWorld) -> list[UseView]:
    """Nothing is changed: caps stand in the mappings, and a person puts them there."""
    now = world.clock.now()
    learnt: dict[str, Learnt] = {}
    with database.reading() as session:
        active = active_set(session, world)
        held_now = wild.open_holds(session)
    for page in store.history(database, since=now - store.LEARNT_FROM):
        for rule, hour in page:
            learnt.setdefault(rule, Learnt()).hours.append(hour)
    writers = [
        *((rule.id, rule.form.caps) for rule in active.rules),
        *((sync.rule, sync.form.caps) for sync in active.syncs),
    ]
    return [
        _used(rule, said, learnt.get(rule, Learnt()), world=world, held=rule in held_now)
        for rule, said in writers
    ]


def _used(rule: str, said: Caps, learnt: Learnt, *, world: World, held: bool) -> UseView:
    now = world.clock.now()
    proposed = learnt.proposal(now)
    return UseView(
        rule=rule,
        said=CapsView.model_validate(said),
        counts=CapsView.model_validate(said.over(world.usual_caps)),
        since=learnt.since,
        hours=len(learnt.hours),
        most=learnt.most,
        p99=learnt.p99,
        most_at_record=learnt.most_at_record,
        share=learnt.share,
        proposed=CapsView.model_validate(better(said, proposed)) if proposed else None,
        held=held,
    )


@router.get("/{rule}/held", summary="What a held rule asks", responses=described(409))
def held(_: Viewer, database: Data, rule: Name) -> HeldView:
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
def release(act: OperatorAct, world: TheWorld, rule: Name, body: Release) -> Response:
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
def discard(act: OperatorAct, world: TheWorld, rule: Name, body: Discard) -> Response:
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
