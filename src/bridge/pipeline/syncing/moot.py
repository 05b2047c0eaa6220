"""Questions that nobody can answer any more: they are closed, and nothing is written.

An end was deleted, the link was taken apart or went along with a merge, the mappings ask no more about
that pair: no event of the two says so, or none that is judged. Should it still be one, or be one again,
the next event asks anew.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.errors import RuleError
from bridge.outbox import hold as holds
from bridge.outbox.tables import HoldRow
from bridge.pipeline.syncing.choosing import lock_asked, open_question
from bridge.pipeline.syncing.conflicts import BRIDGE, KIND
from bridge.pipeline.world import World

WHY = "there is nothing left to choose: a record is gone, or the two are not asked about any more"


def close_moot(world: World) -> int:
    """Close what is open and asks nothing, each in a transaction of its own; how many there were."""
    query = select(HoldRow.id).where(HoldRow.kind == KIND, HoldRow.state == holds.OPEN)
    with world.database.reading() as session:
        found = [
            one for one in session.scalars(query).all() if _is_moot(session, world, hold_id=one)
        ]
    for hold_id in found:
        with world.database.transaction() as session:
            _close(session, world, hold_id)
    return len(found)


def _is_moot(session: Session, world: World, *, hold_id: str) -> bool:
    try:
        return open_question(session, world, hold_id) is None
    except RuleError:
        return False  # no mappings can be loaded: nothing says what is asked


def _close(session: Session, world: World, hold_id: str) -> None:
    """Neither value is taken for known: an edit of either is news as before."""
    lock_asked(session, hold_id)
    hold = holds.one(session, hold_id)
    if hold is not None and hold.state == holds.OPEN and _is_moot(session, world, hold_id=hold_id):
        holds.discard(session, hold, by=BRIDGE, why=WHY, now=world.clock.now())
