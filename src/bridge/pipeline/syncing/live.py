"""Records as they were read a moment ago, before anybody is told of it: what syncs would say now."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.ledger import store as ledger
from bridge.ledger.sighting import Context, Sighting
from bridge.pipeline.syncing.heard import heard
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet


def live(
    session: Session, world: World, rules: RuleSet, seen: Iterable[Sighting], *, now: datetime
) -> Work:
    """A work in which these records are as they were read. It is read with, and never written."""
    work = Work(session, world)
    context = Context(now=now, kinds=world.kinds)
    for sighting in seen:
        ledger.apply_in(work.ledger, sighting, context)
        heard(work, rules, replace(sighting, read_at=now), now=now)
    return work
