"""What time will make of a record, in words."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from bridge.errors import RuleError
from bridge.pipeline.world import World
from bridge.rules.explain import moment, wrapped
from bridge.timers.store import of_records


def to_come(session: Session, world: World, record: str) -> Iterator[str]:
    """What time will make of a record as it stands, under the active rules, if they can be loaded."""
    try:
        rules = world.sets.active(session)
    except RuleError:
        return
    timers = of_records(session, [record])
    lines = [
        f"{timer.event} at {moment(timer.due_at)} for the rule {timer.rule}, because "
        f"{timing.said(timer.since)}"
        for timer in timers.values()
        if (timing := rules.timing(timer.rule)) is not None
    ]
    if lines:
        yield "Time will make, if nothing changes:"
    for line in lines:
        yield from wrapped(line, first="  ")
