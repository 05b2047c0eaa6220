"""Records move: an issue gets another key, a case is merged into another. Their links go along."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.ledger import link_moves, links
from bridge.ledger import store as ledger
from bridge.ledger.link_moves import Followed
from bridge.ledger.sighting import Sighting
from bridge.ledger.tables import LinkRow, LinkState
from bridge.outbox import store as outbox
from bridge.outbox.tables import LINKED, NOT_OVER, WAITING, DeliveryRow, State, spelled
from bridge.pipeline import gone, refusing
from bridge.pipeline.acts.cancel import cancel
from bridge.pipeline.after import tell_linked, tell_said
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.pipeline.write_back import refresh
from bridge.rules.ruleset import RuleSet

_OWED = (State.WAITING, State.PENDING, State.HELD)


def concerned(session: Session, sightings: Iterable[Sighting]) -> set[str]:
    """The further records whose locks a merge needs: where it leads, and the ends of its links."""
    merges = [one for one in sightings if one.into is not None]
    found = links.touching(session, [str(one.ref) for one in merges]) if merges else []
    ends = {end for link in found for end in (link.left_ref, link.right_ref) if end}
    return ends | {str(one.into) for one in merges}


def renamed(work: Work, world: World, rules: RuleSet, ref: str, *, now: datetime) -> None:
    """After a record was seen: its links show the key it has now, and so do the fields that say it."""
    row = work.known.record(ref)
    if row is None or row.deleted_at is not None:
        return
    live = [link for link in work.known.links_of(ref) if link.state == LinkState.LIVE]
    for link in link_moves.renamed(live, row):
        cause = f"moved:{link.id}:{now.isoformat()}"
        refresh(work, world, rules, link.left_ref, cause=cause, now=now)


def merged(work: Work, world: World, rules: RuleSet, ref: str, into: str, *, now: datetime) -> None:
    """Before a record's end is told: its links go to the one it was merged into.

    What was owed to it is cancelled, and rules hear of the links as of new ones. A create that is
    on its way makes its record for the other one.
    """
    session = work.session
    winner = ledger.records(session, [into]).get(into)
    if winner is not None and winner.deleted_at is not None:
        return  # if any are left, they end with the record
    _there_before(work, ref)
    theirs = [link for link in work.known.links_of(ref) if link.state != LinkState.DEAD]
    if not theirs:
        return
    work.write()
    found = link_moves.merged(session, ref, into, known=winner, now=now)
    for one in found.followed:
        _point_to(session, ref, one)
    why = f"{ref} was merged into {into}"
    for link in found.answered:
        made = _not_sent(session, link)
        cancel(session, world, made, by="Bridge", why=f"{why}, which has its own", now=now)
    cancel(session, world, _owed_to(session, world, ref, into), by="Bridge", why=why, now=now)
    gone.tell_unlinked(session, world, found.kept, now=now)
    for one in found.followed:
        tell_linked(session, world, one.link, now=now)
    work.forget()
    for left in sorted({one.link.left_ref for one in found.followed}):
        refresh(work, world, rules, left, cause=f"merged:{ref}:{now.isoformat()}", now=now)


def _there_before(work: Work, ref: str) -> None:
    """What was deleted, as we knew it, was there again before it could be merged, and nobody told."""
    row = work.known.record(ref)
    if row is not None and row.deleted_at is not None and links.end_is_back(work.session, ref):
        work.forget()


def hold_again(
    work: Work,
    world: World,
    rules: RuleSet,
    returned: str,
    back: Sequence[LinkRow],
    *,
    cause: str,
    now: datetime,
) -> None:
    """A record came back, and `cause` is the event that says so: rules hear of its links as of new ones.

    While an end was gone, nobody was told what the other one has become, nor how it is called now.
    What was to be written on the record meanwhile has failed, also that a link of it is dead.
    """
    for ref in sorted({link.right_ref for link in back if link.right_ref}):
        renamed(work, world, rules, ref, now=now)
    if back:
        work.write()
        refusing.take_back(work.session, world, back, now=now)
        for link in back:
            tell_linked(work.session, world, link, version=f"{link.id}:{cause}", now=now)
        tell_said(work.session, world, back, now=now)
        work.forget()
    for left in sorted({returned, *(link.left_ref for link in back)}):
        if work.shown.owed(left):
            refresh(work, world, rules, left, cause=f"back:{cause}", again=True, now=now)


def _point_to(session: Session, ref: str, one: Followed) -> None:
    """What is owed by a link, or waits for it, is owed by the one that took its place.

    What makes its right end, or waits for that, is about the record that the link starts at now.
    """
    if one.was == one.link.id:
        return
    by_it = and_(DeliveryRow.target_link == one.was, spelled(LINKED))
    about_it = and_(DeliveryRow.subject == ref, spelled(NOT_OVER))
    for row in session.scalars(select(DeliveryRow).where(or_(by_it, about_it))):
        if row.target_link == one.was:
            row.target_link = one.link.id
        if one.link.state == LinkState.RESERVED and one.was in {row.link_id, *row.needs.values()}:
            row.subject = one.link.left_ref
        if row.link_id == one.was:
            row.link_id = one.link.id
        if one.was in row.needs.values():
            row.needs = {
                name: one.link.id if needed == one.was else needed
                for name, needed in row.needs.items()
            }
    session.flush()


def _owed_to(session: Session, world: World, ref: str, into: str) -> list[DeliveryRow]:
    """Nobody can write to it any more; what it would have shown, the other one shows."""
    place = ref.partition(":")[0]
    queued = and_(DeliveryRow.ordering_key == f"{place}|{ref}", DeliveryRow.state.in_(_OWED))
    waiting = and_(DeliveryRow.subject.in_([ref, into]), spelled(WAITING))
    owed = select(DeliveryRow).where(or_(queued, waiting)).order_by(DeliveryRow.seq)
    rows = session.scalars(owed).all()
    return [row for row in rows if row.state != State.WAITING or _addresses(world, row, ref)]


def _addresses(world: World, row: DeliveryRow, ref: str) -> bool:
    kind = world.actions.get(row.action)
    address = row.args.get(kind.target) if kind is not None and kind.target else None
    return row.target_ref == ref or address in {ref, Ref.parse(ref).id}


def _not_sent(session: Session, link: LinkRow) -> list[DeliveryRow]:
    """The creates of a reservation of which nothing can have reached its system."""
    query = select(DeliveryRow).where(
        DeliveryRow.subject == link.left_ref,
        DeliveryRow.link_id == link.id,
        DeliveryRow.state.in_(_OWED),
    )
    return [row for row in session.scalars(query) if not outbox.may_have_happened(row)]
