"""The end of a write of ours: what both ends show from now on, and what is to be written next."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.errors import RuleError
from bridge.ledger.tables import LinkRow
from bridge.outbox import ordering, store
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.alarming import lift_dead
from bridge.pipeline.syncing import conflicts
from bridge.pipeline.syncing.engine import bring_in_step
from bridge.pipeline.syncing.owing import Cause, Owing, names_of
from bridge.pipeline.syncing.shadows import WAS, WROTE, trace
from bridge.pipeline.syncing.tie import Tie, of_link
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End
from bridge.rules.judged import Judged
from bridge.rules.reading import Unknown
from bridge.rules.ruleset import RuleSet

FROM = "from"  # in a result: by pair the trace of the value that was carried
_OVER = frozenset({State.SUCCEEDED, State.ACCEPTED, State.UNCHANGED})


def ended(session: Session, world: World, row: DeliveryRow) -> None:
    """Called in the transaction that records the end. The caller holds the locks of both ends.

    What is dead stays so until somebody mends it, or changes the field again.
    """
    if row.state not in _OVER | {State.CANCELLED}:
        return
    try:
        rules = world.sets.active(session)
    except RuleError:
        return  # no mappings can be loaded: nothing says what agrees
    work, now = Work(session, world), world.clock.now()
    tie = tie_of(work, rules, row)
    if tie is None:
        return
    if row.state == State.CANCELLED:  # somebody wants both left as they are
        for one in _concerned(tie, row):
            conflicts.leave(tie, one, now=now)
    else:
        for one in _concerned(tie, row):
            _confirm(tie, row, one, now)
        if row.state == State.SUCCEEDED:
            _take_place(session, world, row, now)
        bring_in_step(Owing(world=world, rules=rules, cause=Cause.after(row), now=now), tie)
    work.write()


def _take_place(session: Session, world: World, row: DeliveryRow, now: datetime) -> None:
    """What was refused before, and is written now, needs nobody any more."""
    for one in store.left_at(session, row.target_link or ""):
        same = (one.rule, one.action, one.target_ref) == (row.rule, row.action, row.target_ref)
        if one.state == State.DEAD and same and names_of(one) <= names_of(row):
            one.state, one.superseded_by, one.finished_at = State.SUPERSEDED, row.id, now
            one.reason = f"{row.id} has written it since"
            ordering.resettle(session, [one.ordering_key])
            lift_dead(session, world, one, now=now)


def tie_of(work: Work, rules: RuleSet, row: DeliveryRow) -> Tie | None:
    """The link that a delivery of a sync writes for, if both still are."""
    link = work.session.get(LinkRow, row.target_link) if row.target_link else None
    found = of_link(work, rules, link) if link is not None else ()
    return next((tie for tie in found if tie.sync.rule == row.rule), None)


def end_of(tie: Tie, row: DeliveryRow) -> End | None:
    """The end that it writes to."""
    return next((end for end in End if tie.records[end].ref == row.target_ref), None)


def _concerned(tie: Tie, row: DeliveryRow) -> list[Judged]:
    """The pairs whose field it sets."""
    end, names = end_of(tie, row), names_of(row)
    if end is None:
        return []
    return [one for one in tie.judge() if one.pair.slot(end).sets in names]


def _confirm(tie: Tie, row: DeliveryRow, one: Judged, now: datetime) -> None:
    """What was carried, and what came of it there, are the shadows."""
    result, end = row.result, end_of(tie, row)
    if result is None or end is None or one.pair.name not in result.get(FROM, {one.pair.name: ""}):
        return  # nothing was sent, or not this
    there = end.other
    near = one.sides[there].value
    carried = result.get(FROM, {}).get(one.pair.name) or trace(near)
    far = _became(tie, row, one, end)
    if isinstance(far, Unknown):
        conflicts.leave(tie, one, now=now)  # its vendor has left it alone: so do we
        return
    tie.shadow(one.pair, there, near if trace(near) == carried else {WAS: carried}, now=now)
    tie.shadow(one.pair, end, {WROTE: far}, stamp=row.started_at, now=now)


def _became(tie: Tie, row: DeliveryRow, one: Judged, end: End) -> object:
    """The value as the vendor keeps it. Where it said nothing, it is so already as it was asked."""
    wrote = (row.result or {}).get("wrote") or {}
    found = one.pair.slot(end).shown(wrote)
    if not isinstance(found, Unknown) or wrote:
        return found
    return tie.judged_by(one, end.other).judgement.value
