"""Which write-backs follow from what a replay does: records that say something else once it is done.

At most: an end changes what is wrong with a record if it was dead, and its links if it makes one. Each
such end is one write-back to each record that says so; several that come at once may share one.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.errors import RuleError
from bridge.ledger import links
from bridge.ledger.tables import LinkState
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.replay.judging import IN_PLACE, Verdict, Will
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.pipeline.write_back import is_write_back, written_on

SETTLES = frozenset({*IN_PLACE, Will.NEWER, Will.GIVE_WAY, Will.DEAD})


def of_delivery(
    session: Session, world: World, row: DeliveryRow, verdict: Verdict, *, new_key: bool
) -> Sequence[str]:
    """The connection of each record that will be written back to, in mode `again`."""
    dead = row.state == State.DEAD and verdict.will in SETTLES
    makes = verdict.sent is row and _makes(session, row, anew=new_key)
    return _written(session, world, row, dead=dead, makes=makes)


def of_rows(
    session: Session, world: World, rows: Sequence[DeliveryRow], *, new_key: bool
) -> list[str]:
    """The same for what an event owes anew, while that is on trial."""
    found: list[str] = []
    for row in rows:
        goes = row.state in {State.PENDING, State.WAITING}
        makes = goes and _makes(session, row, anew=new_key)
        found += _written(session, world, row, dead=_in_place(session, row), makes=makes)
    return found


def _written(
    session: Session, world: World, row: DeliveryRow, *, dead: bool, makes: bool
) -> Sequence[str]:
    if is_write_back(row.rule) or not (dead or makes):
        return ()
    try:
        rules = world.sets.active(session)
    except RuleError:
        return ()
    wanted = {*(("problem",) if dead else ()), *(("link", "status") if makes else ())}
    told = written_on(Work(session, world), rules, row.subject)
    return [one.connection for one, fields in told if wanted & fields.keys()]


def _makes(session: Session, row: DeliveryRow, *, anew: bool) -> bool:
    """Whether a link gets its record by it, or another one."""
    if not row.link_id:
        return False
    link = links.by_id(session, [row.link_id]).get(row.link_id)
    return link is not None and (anew or link.state != LinkState.LIVE)


def _in_place(session: Session, row: DeliveryRow) -> bool:
    """Whether it stands for one that went wrong before."""
    query = select(DeliveryRow.seq).where(
        DeliveryRow.subject == row.subject, DeliveryRow.superseded_by == row.id
    )
    return session.scalar(query.limit(1)) is not None
