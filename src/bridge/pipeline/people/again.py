"""Somebody is known whose account was wanted: the records that waited for it are judged again."""

from dataclasses import replace

from sqlalchemy.orm import Session

from bridge.ledger import store as ledger
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.tables import CounterpartWaitRow
from bridge.pipeline.syncing.engine import bring_in_step
from bridge.pipeline.syncing.owing import Cause, Owing
from bridge.pipeline.syncing.tie import ties
from bridge.pipeline.work import Work
from bridge.pipeline.world import World


def judge_again(session: Session, world: World, row: CounterpartWaitRow) -> None:
    """What this record waited with is owed now. Raises RuleError where no mappings can be loaded."""
    rules = world.sets.active(session)
    locked = lock_with_linked(session, [row.record])
    event = ledger.event(session, row.event_id) if row.event_id else None
    if event is None:
        return  # retention was faster
    cause = Cause.of(ledger.as_event(event), event.message_id)
    cause = replace(cause, again=f"{row.counterpart_id}{row.due_at}")
    work = Work(session, world, locked=locked)
    owing = Owing(world=world, rules=rules, cause=cause, now=world.clock.now())
    for tie in ties(work, rules, row.record):
        bring_in_step(owing, tie)
    work.write()
