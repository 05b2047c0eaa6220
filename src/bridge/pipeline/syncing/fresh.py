"""A record is read again before something is written to it, and what it shows is news like any other."""

from dataclasses import replace

from bridge.canonical.event import Act, Origin
from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Snapshot
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.sighting import Context, Sighting
from bridge.outbox.hearing import hearings
from bridge.pipeline.applying import apply, attribute
from bridge.pipeline.reread import reread
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet
from bridge.rules.sources import interpret


def look_again(world: World, connected: Connected, ref: str, *, message_id: str | None) -> None:
    """Read this record and apply what it shows. Raises the DeliveryErrors of its vendor."""
    if connected.connector.reader is None:
        return
    with world.database.reading() as session:
        rules = world.sets.active(session)
    for sighting in _seen(world, connected, rules, Ref.parse(ref)):
        _apply(world, rules, sighting, message_id)


def _seen(world: World, connected: Connected, rules: RuleSet, ref: Ref) -> list[Sighting]:
    now = world.clock.now()
    wanted = Snapshot(object=ref.kind, ref=ref, act=Act.SEEN, occurred_at=now, unread=True)
    found = []
    for source, snapshot in reread(connected, rules, [wanted]):
        sighting = interpret(source, snapshot, origin=Origin.POLL)
        if sighting is not None:
            found.append(replace(attribute(world, sighting, rules), read_at=now))
    return found


def _apply(world: World, rules: RuleSet, sighting: Sighting, message_id: str | None) -> None:
    with world.database.transaction() as session:
        locked = lock_with_linked(session, [str(sighting.ref)])
        work = Work(session, world, locked=locked)
        known = hearings(session).get(sighting.ref.connection)
        context = Context(
            now=world.clock.now(),
            kinds=world.kinds,
            message_id=message_id,
            live_since=known.live_since if known else None,
        )
        apply(work, world, rules, sighting, context)
        work.write()
