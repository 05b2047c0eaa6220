"""What syncs would do about a record as it is now: what it is linked with is read too. Nothing is sent.

Syncs in mode `off` are asked as well: somebody tries what it would be to switch them on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.errors import DeliveryError
from bridge.ledger.sighting import Sighting
from bridge.outbox import connection
from bridge.pipeline.adoption.finding import Seen, look
from bridge.pipeline.syncing.live import live
from bridge.pipeline.syncing.standings import MOST, SyncStanding, standings
from bridge.pipeline.syncing.tie import ties
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet


@dataclass(frozen=True, kw_only=True)
class Far:
    """The records at the other ends. `unread`: why one of a connection could not be read."""

    seen: Mapping[Ref, Seen]
    unread: Mapping[str, str]

    def note(self, ref: Ref) -> str:
        """What is to be said of one that is not as it was read a moment ago."""
        if ref.connection in self.unread:
            return f"{ref} as Bridge knows it: {self.unread[ref.connection]}"
        seen = self.seen.get(ref)
        if seen is None:
            return f"{ref} is not there any more, and no message told; this is what was known of it"
        return "" if seen.sighting is not None else f"{ref} {seen.reason}"


def with_idle(rules: RuleSet) -> RuleSet:
    """As if no sync were off."""
    return replace(rules, syncs=(*rules.syncs, *rules.idle), idle=())


def far_ends(world: World, rules: RuleSet, ref: Ref) -> Far:
    """Read what this record is in a sync with."""
    with world.database.reading() as session:
        refs = _far_refs(session, world, rules, ref)
        states = connection.rows(session)
    seen: dict[Ref, Seen] = {}
    unread: dict[str, str] = {}
    for place in sorted({one.connection for one in refs}):
        state = states.get(place)
        if place not in world.connections or (state and state.state != connection.OPEN):
            unread[place] = f"{place} is not called now"
            continue
        try:
            seen |= look(world.connections, rules, [one for one in refs if one.connection == place])
        except DeliveryError as error:
            unread[place] = f"{place} could not be read ({error})"
    return Far(seen=seen, unread=unread)


def _far_refs(session: Session, world: World, rules: RuleSet, ref: Ref) -> list[Ref]:
    ends = {
        end
        for tie in ties(Work(session, world), rules, str(ref))
        for end in (tie.link.left_ref, tie.link.right_ref)
        if end
    }
    return sorted((Ref.parse(end) for end in ends - {str(ref)}), key=str)[:MOST]


def tried(
    session: Session, world: World, rules: RuleSet, sighting: Sighting, far: Far, *, now: datetime
) -> tuple[SyncStanding, ...]:
    """How its fields stand, and what would be written, by what both ends show now."""
    shown = [sighting, *_sightings(far.seen.values())]
    work = live(session, world, rules, shown, now=now)
    found = standings(work, world, rules, str(sighting.ref), revealed=True)
    return tuple(_noted(one, far, sighting.ref) for one in found)


def _sightings(seen: Iterable[Seen]) -> Sequence[Sighting]:
    return [one.sighting for one in seen if one.sighting is not None]


def _noted(one: SyncStanding, far: Far, ref: Ref) -> SyncStanding:
    other = next(end for end in (one.left, one.right) if end != str(ref))
    return one.model_copy(update={"note": far.note(Ref.parse(other))})
