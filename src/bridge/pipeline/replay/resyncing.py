"""What the syncs owe when an event is decided again: its record and what it is linked with, judged anew.

A sync goes by what both records show, never by an event. So there is no other way back to it than to look
how the two stand now; and a write that comes of it is judged once more before it goes. What was refused
gives way, as in the repair of an audit.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.event import Event
from bridge.ledger import store as ledger
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.syncing.engine import moves
from bridge.pipeline.syncing.mending import mend
from bridge.pipeline.syncing.owing import Cause, Owing
from bridge.pipeline.syncing.tie import ties
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules import store


def resync(
    session: Session,
    world: World,
    event: Event,
    *,
    replay_id: str,
    message_id: str | None,
    now: datetime,
) -> Sequence[DeliveryRow]:
    """What they owe by this replay. They are those of today, whichever rules decide: what is sent then
    is judged by these. The caller holds the locks of both ends."""
    if not moves(event):
        return ()
    rules, work = world.sets.active(session), Work(session, world)
    cause = Cause.of(event, message_id, replay_id=replay_id)
    owing = Owing(world=world, rules=rules, cause=cause, now=now)
    found = [mend(owing, tie, by=replay_id) for tie in ties(work, rules, str(event.subject))]
    decisions = [decision for one in found for decision in one.decisions]
    kept = store.rows(event.id, decisions, version=rules.hash, replay_id=replay_id, now=now)
    store.keep_again(session, event.id, kept, rules=sorted({one.rule for one in decisions}))
    work.write()
    ledger.keep_matched(session, event.id, store.matched(session, event.id))
    return [row for one in found for row in one.rows]
