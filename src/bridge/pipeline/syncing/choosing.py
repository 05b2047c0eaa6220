"""What a person sees of a conflict, and what follows from the choice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.access.guard import require
from bridge.access.keys import Principal, Role
from bridge.access.problems import Problem, not_found
from bridge.ledger.lock import lock_with_linked
from bridge.outbox import hold as holds
from bridge.outbox.tables import DeliveryRow, HoldRow, State
from bridge.pipeline.syncing.conflicts import KIND, STEP, choose, proposed
from bridge.pipeline.syncing.ended import end_of, tie_of
from bridge.pipeline.syncing.engine import bring_in_step
from bridge.pipeline.syncing.owing import Cause, Owing
from bridge.pipeline.syncing.shadows import trace
from bridge.pipeline.syncing.tie import Tie
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End, Verdict
from bridge.rules.judged import Judged


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A question that is open: the held delivery, the link, and its pair as it stands now."""

    row: DeliveryRow
    tie: Tie
    judged: Judged

    @property
    def proposed(self) -> str:
        """The connection whose value was set last."""
        return self.tie.connection(proposed(self.judged))

    @property
    def seen(self) -> str:
        """What tells whether the two values are still those that somebody was shown."""
        return trace([self.judged.sides[end].value for end in End])

    def end(self, connection: str) -> End | None:
        return next((end for end in End if self.tie.connection(end) == connection), None)


class Changed(Exception):
    """The two values are not those that were shown to who decides."""

    def __init__(self, found: Conflict) -> None:
        super().__init__()
        self.found = found


def conflict(session: Session, world: World, hold_id: str) -> Conflict:
    """What this hold asks. Problems: there is no such hold, it is another kind, it is settled."""
    hold = session.scalar(select(HoldRow).where(HoldRow.id == hold_id))
    if hold is None:
        raise not_found(f"hold {hold_id}")
    if hold.kind != KIND:
        said = f"it is held for {hold.kind}; release or discard it"
        raise Problem("no-conflict", "Nothing is to be chosen here", status=409, detail=said)
    found = open_question(session, world, hold_id)
    if hold.state != holds.OPEN or found is None:
        raise _settled(hold.state)
    return found


def open_question(session: Session, world: World, hold_id: str) -> Conflict | None:
    """What is held there, if it still is a question. Raises RuleError: no mappings can be loaded."""
    query = select(DeliveryRow).where(
        DeliveryRow.hold_id == hold_id, DeliveryRow.state == State.HELD
    )
    row = session.scalars(query.order_by(DeliveryRow.seq)).first()
    tie = tie_of(Work(session, world), world.sets.active(session), row) if row else None
    found = _judged(tie, row) if tie is not None and row is not None else None
    if row is None or tie is None or found is None:
        return None
    return Conflict(row=row, tie=tie, judged=found)


def decide(
    session: Session,
    world: World,
    hold_id: str,
    take: str,
    *,
    who: Principal,
    why: str,
    now: datetime,
    seen: str | None = None,
) -> Conflict:
    """The value of this connection counts, and goes to the other end. Problems as above, 403 for who
    may not decide, 422 for a connection that is no end of it, or a value that cannot be carried.

    Raises Changed, if it is said what was seen and that is something else by now.
    """
    lock_asked(session, hold_id)
    hold = holds.one(session, hold_id)
    found = conflict(session, world, hold_id)
    assert hold is not None
    require(who, Role(hold.may_decide))
    if seen is not None and seen != found.seen:
        raise Changed(found)
    _take(world, hold, found, _end(found, take), by=who.name, why=why, now=now)
    return found


def take_later(
    session: Session, world: World, hold: HoldRow, *, by: str, why: str, now: datetime
) -> None:
    """The value that was set last counts: what was held goes. The caller has asked for the locks."""
    found = conflict(session, world, hold.id)
    end = _end(found, found.proposed)
    _take(world, hold, found, end, by=by, why=why, now=now)


def lock_asked(session: Session, hold_id: str) -> None:
    """Lock the records that a conflict is about, before its hold: others come in this order."""
    query = (
        select(DeliveryRow.subject)
        .join(HoldRow, HoldRow.id == DeliveryRow.hold_id)
        .where(HoldRow.id == hold_id, HoldRow.kind == KIND)
    )
    lock_with_linked(session, session.scalars(query).all())


def _take(
    world: World, hold: HoldRow, found: Conflict, end: End, *, by: str, why: str, now: datetime
) -> None:
    session, take = found.tie.work.session, found.tie.connection(end)
    said = f"the value of {take} counts{f': {why}' if why else ''}"
    choose(found.tie, found.judged, end, now=now)
    if end_of(found.tie, found.row) is end.other:
        holds.release(session, hold, by=by, why=said, now=now)
    else:
        holds.discard(session, hold, by=by, why=said, now=now)
    rules, cause = world.sets.active(session), Cause.after(found.row)
    bring_in_step(Owing(world=world, rules=rules, cause=cause, now=now), found.tie)
    found.tie.work.write()


def _judged(tie: Tie, row: DeliveryRow) -> Judged | None:
    name = row.step.removeprefix(STEP)
    return next(
        (one for one in tie.judge() if one.pair.name == name and one.verdict is Verdict.CONFLICT),
        None,
    )


def _end(found: Conflict, take: str) -> End:
    end = found.end(take)
    ends = " or ".join(found.tie.connection(one) for one in End)
    if end is None:
        raise Problem("no-end", "That is no end of it", status=422, detail=f"take {ends}")
    carried = found.tie.judged_by(found.judged, end)
    if carried.end is None:
        detail = found.tie.words(carried.judgement.reason)
        raise Problem("not-carried", "This value cannot be carried", status=422, detail=detail)
    return end


def _settled(state: str) -> Problem:
    said = f"the hold is {state}"
    if state == holds.OPEN:
        said = "the two agree by now, or one of them is gone; it is closed by itself within minutes"
    return Problem("hold-decided", "This conflict is settled", status=409, detail=said)
