"""A record is shown to few, or to everybody again: what is said on it follows."""

from datetime import datetime

from bridge.ledger.store import Applied
from bridge.pipeline.talking.before import said_before
from bridge.pipeline.talking.closed import is_closed
from bridge.pipeline.talking.copying import Copying
from bridge.pipeline.talking.talk import Told
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet


def follow_record(
    work: Work,
    world: World,
    rules: RuleSet,
    applied: Applied,
    *,
    message_id: str | None,
    now: datetime,
) -> None:
    """After the event of a record. The caller holds its lock, under which stands what hangs on it.

    Copies of what is said there are taken back, for good. What was said meanwhile crosses when
    everybody may see the record again, as what was said before it was linked.
    """
    record = applied.record
    if record is None or not rules.carries_comments:
        return
    was = is_closed(applied.was)
    if is_closed(record) == was:
        return
    if was:
        for link in work.known.links_of(record.ref):
            said_before(work, world, rules, link, on=record.ref, now=now)
        return
    for said in work.known.hanging_on(record.ref):
        copying = Copying(
            work=work,
            world=world,
            version=rules.hash,
            comment=said,
            event=None,
            cause=applied.event.id,
            message_id=message_id,
            now=now,
        )
        Told(copying=copying, rules=rules, comment=said).follow()
