"""One sighting applied: what it changes in the ledger, and all that follows from that."""

from collections.abc import Sequence
from datetime import datetime

from bridge.canonical.event import Act, Event, Origin
from bridge.ledger import past
from bridge.ledger import store as ledger
from bridge.ledger.sighting import Context, Sighting
from bridge.ledger.tables import COPIES, LinkState
from bridge.outbox.tables import State
from bridge.pipeline import gone, moves
from bridge.pipeline.after import tell_linked
from bridge.pipeline.deciding import decide_event
from bridge.pipeline.syncing.heard import follow_sighting, heard
from bridge.pipeline.talking.following import follow_record
from bridge.pipeline.talking.talk import talk
from bridge.pipeline.timing.planning import plan
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.pipeline.write_back import write_back
from bridge.rules.attribution import attributed
from bridge.rules.ruleset import RuleSet


def attribute(world: World, sighting: Sighting, rules: RuleSet) -> Sighting:
    """With the departments of those whom it names."""
    kind = world.kinds[sighting.kind]
    spellings = world.connections[sighting.ref.connection].connector.spellings
    return attributed(sighting, rules.people, kind=kind, systems=rules.systems, spellings=spellings)


def apply(work: Work, world: World, rules: RuleSet, sighting: Sighting, context: Context) -> None:
    """The caller holds the locks of its subject and of the records that lead to it."""
    now, message_id, ref = context.now, context.message_id, str(sighting.ref)
    if sighting.into is not None:
        moves.merged(work, world, rules, ref, str(sighting.into), now=now)
    applied = ledger.apply_in(work.ledger, sighting, context)
    moves.renamed(work, world, rules, ref, now=now)
    if applied is None:
        if sighting.origin is not Origin.BACKFILL:
            follow_sighting(work, world, rules, sighting, message_id=message_id, now=now)
        return
    event = applied.event
    before = dict(applied.before) if applied.before is not None else None
    if applied.returned or event.act == Act.DELETED:
        work.ledger.write_records()  # what becomes of links goes by which records are there
    back = gone.restored(work.session, world, ref, now=now) if applied.returned else []
    changed = {change.field for change in event.changes}
    heard(work, rules, sighting, changed=changed, now=now)
    plan(work, rules, applied, now=now)
    owed = decide_event(work, world, rules, event, before=before, message_id=message_id, now=now)
    talk(work, world, rules, applied, marks=sighting.marks, message_id=message_id, now=now)
    follow_record(work, world, rules, applied, message_id=message_id, now=now)
    if event.act == Act.DELETED and not event.stale:
        gone.deleted(work.session, world, ref, now=now)
    answered = any(row.state == State.UNCHANGED for row in owed)
    if event.origin is not Origin.BACKFILL:  # what was there before is no reason to write
        write_back(work, world, rules, event, again=answered, now=now)
    if applied.returned:
        moves.hold_again(work, world, rules, ref, back, cause=event.id, now=now)
    if applied.before is None and event.origin is not Origin.BACKFILL:
        _first_heard(work, world, event, message_id=message_id, now=now)
    world.metrics.recorded(event.kind, event.origin)


def _first_heard(
    work: Work, world: World, event: Event, *, message_id: str | None, now: datetime
) -> None:
    """A linked record is told of for the first time, so rules hear of its links, as of new ones.

    What we made and is first told of by a later change: that it was made, and linked, is no news else.
    And one into which another was merged, which may have refused what was sent to it meanwhile.
    """
    ref = str(event.subject)
    live = [link for link in work.known.links_of(ref) if link.state == LinkState.LIVE]
    made = event.act == Act.UPDATED
    told = {
        link.id: "" if link.right_ref == ref else f"{link.id}:{event.id}"
        for link in live
        if (link.right_ref == ref and link.delivery_id and made)
        or (link.left_ref == ref and event.act != Act.DELETED and link.relation != COPIES)
    }
    if not told:
        return
    work.write()
    for link in live:
        if link.id in told:
            tell_linked(
                work.session, world, link, version=told[link.id], message_id=message_id, now=now
            )
    work.forget()


def apply_past(
    work: Work,
    world: World,
    rules: RuleSet,
    told: Sequence[tuple[Sighting, Context]],
) -> None:
    """What was so before goes to the history alone: the records stand as they are shown."""
    if not told:
        return
    known = past.known_past(work.ledger, told)
    for applied, context in past.apply_past(work.ledger, known, told):
        event = applied.event
        before = dict(applied.before) if applied.before is not None else None
        decide_event(
            work,
            world,
            rules,
            event,
            before=before,
            message_id=context.message_id,
            now=context.now,
        )
        world.metrics.recorded(event.kind, event.origin)
