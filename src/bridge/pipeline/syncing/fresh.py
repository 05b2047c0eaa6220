"""A record is read again before something is written to it, and what it shows is news like any other."""

from collections.abc import Iterator, Mapping, Sequence
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
from bridge.rules.sources import SourceError, interpret


def look_again(
    world: World, connected: Connected, rules: RuleSet, told: Mapping[str, str | None]
) -> None:
    """Read these records and apply what they show; by ref the message that each is read for.

    Raises the DeliveryErrors of their vendor.
    """
    if connected.connector.reader is None or not told:
        return
    for sighting in _seen(world, connected, rules, sorted(told)):
        _apply(world, rules, sighting, told.get(str(sighting.ref)))


def _seen(
    world: World, connected: Connected, rules: RuleSet, refs: Sequence[str]
) -> Iterator[Sighting]:
    now = world.clock.now()
    wanted = [
        Snapshot(object=ref.kind, ref=ref, act=Act.SEEN, occurred_at=now, unread=True)
        for ref in map(Ref.parse, refs)
    ]
    for source, snapshot in reread(connected, rules, wanted):
        try:
            sighting = interpret(source, snapshot, origin=Origin.POLL)
        except SourceError:
            continue  # its own messages are bad and say so; what is known of it counts
        if sighting is not None:
            yield replace(attribute(world, sighting, rules), read_at=now)


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
