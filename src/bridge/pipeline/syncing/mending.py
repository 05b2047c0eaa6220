"""Two linked records are judged anew because a person wants it: by the repair of an audit, or a replay."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.ledger.tables import LinkRow
from bridge.outbox import ordering
from bridge.outbox import store as outbox
from bridge.outbox.tables import LINKED, DeliveryRow, State, spelled
from bridge.pipeline.alarming import lift_dead
from bridge.pipeline.syncing.engine import Followed, bring_in_step
from bridge.pipeline.syncing.owing import Owing, names_of
from bridge.pipeline.syncing.tie import Tie
from bridge.rules.sync import RULE


def mend(owing: Owing, tie: Tie, *, by: str) -> Followed:
    """Owe what this link lacks. What was refused waits for a person, who says now that it is to be
    written all the same: it gives way to what `by` owes. The caller holds the locks of both ends."""
    dead = _give_way(owing, tie, by) if tie.stopped is None else []
    found = bring_in_step(owing, tie)
    for old in dead:
        old.superseded_by = next((new.id for new in found.rows if _stands_for(new, old)), None)
    return found


def refused(session: Session, links: Sequence[LinkRow]) -> list[DeliveryRow]:
    """What syncs owed to these links and is dead."""
    query = select(DeliveryRow).where(
        DeliveryRow.target_link.in_([link.id for link in links]),
        spelled(LINKED),
        DeliveryRow.state == State.DEAD,
        DeliveryRow.rule.startswith(RULE, autoescape=True),
    )
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def _give_way(owing: Owing, tie: Tie, by: str) -> list[DeliveryRow]:
    session, now = tie.work.session, owing.now
    wanted = {
        (str(tie.ref(one.end)), one.pair.slot(one.end).sets)
        for one in tie.judge()
        if one.end is not None
    }
    dead = [
        old
        for old in outbox.locked(session, refused(session, [tie.link]))
        if old.state == State.DEAD
        and old.rule == tie.sync.rule
        and {(old.target_ref, name) for name in names_of(old)} <= wanted
    ]
    for old in dead:
        old.state, old.finished_at = State.SUPERSEDED, now
        old.reason = f"{by} has it written anew"
    ordering.resettle(session, [old.ordering_key for old in dead])
    for old in dead:
        lift_dead(session, owing.world, old, now=now)
    return dead


def _stands_for(new: DeliveryRow, old: DeliveryRow) -> bool:
    same = (new.rule, new.target_ref, new.action) == (old.rule, old.target_ref, old.action)
    return same and names_of(old) <= names_of(new)
