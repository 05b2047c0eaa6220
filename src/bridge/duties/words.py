"""The active mappings against what the systems say of themselves: told before an event meets it."""

from collections.abc import Mapping, Sequence

import structlog

from bridge.connectors.connected import Connected, Connections
from bridge.errors import RuleError
from bridge.outbox import connection
from bridge.pipeline.world import World
from bridge.rules.live import Finding, Live

ALARM = "words"
SHOWN = 5  # findings in an alarm
REMEDY = "mend the mapping at that line, or the system; then: bridge rules check --live"

log = structlog.get_logger()


def compare(world: World, linked: Connections) -> None:
    """One alarm for all that the active set names and the systems do not have; lifted when all were
    asked and have it."""
    with world.database.reading() as session:
        states = connection.rows(session)
        try:
            rules = world.sets.active(session)
        except RuleError:
            return  # there is another alarm about that
    closed = {name for name, row in states.items() if row.state != connection.OPEN}
    look = Live(rules, _open(linked, closed))
    found = look.findings()
    for name, why in look.unasked.items():
        log.info("words.unasked", connection=name, why=why)
    asked = not (look.unasked or closed & linked.keys())
    now = world.clock.now()
    with world.database.transaction() as session:
        if found:
            world.alarms.lower(
                session,
                ALARM,
                kind="error",
                text=_text(found),
                remedy=REMEDY,
                link=f"{world.public_url}/api/v1/rules",
                now=now,
            )
        elif asked:
            text = "the systems have all that the active rules name"
            world.alarms.lift(session, ALARM, text=text, now=now)


def _open(linked: Connections, closed: set[str]) -> Mapping[str, Connected]:
    """Those that are called at all: one that is paused or broken is left alone."""
    return {name: one for name, one in linked.items() if name not in closed}


def _text(found: Sequence[Finding]) -> str:
    """Each with its rule, its line and what would be right, as far as they fit."""
    lines = [f"{one.about}: {one.problem}" for one in found[:SHOWN]]
    more = f"\nand {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "the systems do not have what the active rules name:\n" + "\n".join(lines) + more
