"""What a record shows after we wrote to it: our echo, or what somebody has set since.

A message may be older than our write, and show what stood there before. So what we wrote counts until
the record is seen as it was then or later: with our value and not before what is known of it, with a
newer stamp of its vendor, or read by us since. What changes there while we write is somebody's edit, unless our account was the last:
then it is what the system made of our value.
"""

from collections.abc import Collection
from datetime import datetime

from bridge.canonical.event import Act, Origin
from bridge.ledger.latest import Latest
from bridge.ledger.sighting import Sighting
from bridge.pipeline.syncing.engine import bring_in_step
from bridge.pipeline.syncing.owing import Cause, Owing
from bridge.pipeline.syncing.shadows import Shadow
from bridge.pipeline.syncing.tie import Tie, ties
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End
from bridge.rules.ruleset import RuleSet
from bridge.rules.same import same


def heard(
    work: Work,
    rules: RuleSet,
    sighting: Sighting,
    *,
    changed: Collection[str] = (),
    now: datetime,
) -> list[Tie]:
    """Believe what a record shows of the fields we wrote; the links in which that is not what we wrote.

    `changed`: the fields that show something else than the last time.
    """
    if sighting.act is Act.DELETED:
        return []
    return [
        tie for tie in ties(work, rules, str(sighting.ref)) if _heard(tie, sighting, changed, now)
    ]


def follow_sighting(
    work: Work,
    world: World,
    rules: RuleSet,
    sighting: Sighting,
    *,
    message_id: str | None,
    now: datetime,
) -> None:
    """A record was shown that has not changed, as far as we knew: but we had written to it."""
    for tie in heard(work, rules, sighting, now=now):
        cause = Cause(
            event_id=None,
            subject=str(sighting.ref),
            customer=sighting.customer,
            origin=sighting.origin,
            occurred_at=sighting.occurred_at,
            message_id=message_id,
            again=f"{message_id}{sighting.stamp}",
        )
        bring_in_step(Owing(world=world, rules=rules, cause=cause, now=now), tie)


def _heard(tie: Tie, sighting: Sighting, changed: Collection[str], now: datetime) -> bool:
    """Whether something else stands there than what we wrote."""
    ref, others = str(sighting.ref), False
    end = next(end for end in End if tie.records[end].ref == ref)
    for name in sorted(tie.sync.fields[end] & sighting.record.keys()):
        written = tie.work.shadows.written(tie.link.id, ref, name)
        if written is None:
            continue
        shown = sighting.record[name]
        is_echo = same(shown, written.bare) and not _is_from_before(sighting, tie.records[end])
        if is_echo or _is_later(sighting, written):
            believed = written.bare
        elif name not in changed or not _is_meanwhile(sighting, written):
            continue
        else:
            believed = shown if _is_ours(sighting) else written.bare
        tie.work.shadows.remember(tie.link.id, ref, name, believed, stamp=sighting.stamp, now=now)
        others |= not same(shown, believed)
    return others


def _is_from_before(sighting: Sighting, row: Latest) -> bool:
    """Older than what is known of the record: then the same may have stood there before."""
    if sighting.stamp is None or row.stamp is None:
        return False
    return sighting.stamp < row.stamp


def _is_later(sighting: Sighting, written: Shadow) -> bool:
    if sighting.read_at is not None and sighting.read_at > written.seen_at:
        return True
    return sighting.stamp is not None and sighting.stamp > written.seen_at


def _is_meanwhile(sighting: Sighting, written: Shadow) -> bool:
    """Since our call began. Some systems keep whole seconds."""
    began = (written.stamp or written.seen_at).replace(microsecond=0)
    return sighting.stamp is not None and sighting.stamp >= began


def _is_ours(sighting: Sighting) -> bool:
    return sighting.ours or sighting.origin is Origin.OWN
