"""Registrations of webhooks: how they stand, and what puts them right. All of it asks the systems.

Nothing here runs at a start. Repairs are a person's act; the leader only renews what ends by itself.
"""

from collections.abc import Sequence

import structlog

from bridge.connectors.connected import Connected
from bridge.connectors.registration import Finding, Repair, Standing, compare, unknown
from bridge.errors import BridgeError
from bridge.outbox import connection
from bridge.pipeline.registering.alone import alone
from bridge.pipeline.world import World

UNSHOWN = (
    "set up at the system itself, which shows it to no call of ours; when nothing comes, the alarm"
    " `silent` tells"
)

log = structlog.get_logger()


def standing(world: World, connected: Connected) -> Sequence[Finding]:
    """How each registration of one connection stands; nothing for one that declares none."""
    registrar = connected.connector.registrar
    if registrar is None:
        told = connected.connector.inbound is not None
        return [Finding(name="", url="", standing=Standing.UNKNOWN, detail=UNSHOWN)] * told
    declared = registrar.declared(connected.settings)
    if not declared:
        return ()
    closed = _closed(world, connected)
    if closed:
        return unknown(declared, closed)
    try:
        found = registrar.found(connected.client)
    except BridgeError as error:
        return unknown(declared, str(error))
    return compare(declared, found, now=world.clock.now())


def repaired(connected: Connected, findings: Sequence[Finding]) -> list[Finding]:
    """Put right what can be; those that were. Raises BridgeError at the first that is refused:
    what is done stays, and a second repair goes on there.
    """
    done = []
    for one in findings:
        if one.repair is not Repair.NOTHING:
            _repair(connected, one)
            done.append(one)
    return done


def renewed(world: World, connected: Connected, findings: Sequence[Finding]) -> Sequence[Finding]:
    """Extend what ends soon; how all stand then."""
    ending = [one for one in findings if one.standing is Standing.EXPIRES]
    if not ending:
        return findings
    try:
        with alone(world, connected.name) as ours:
            if not ours:
                return findings  # who repairs them renews them too
            repaired(connected, ending)
    except BridgeError as error:
        log.warning("webhooks.not_renewed", connection=connected.name, reason=str(error))
        return findings
    log.info("webhooks.renewed", connection=connected.name, count=len(ending))
    return standing(world, connected)


def _repair(connected: Connected, finding: Finding) -> None:
    registrar, client = connected.connector.registrar, connected.client
    assert registrar is not None
    match finding.repair, finding.declared, finding.found:
        case Repair.REGISTER, declared, _ if declared is not None:
            registrar.register(client, declared)
        case Repair.REPLACE, declared, found if declared is not None and found is not None:
            registrar.register(client, declared)
            registrar.remove(client, found)
        case Repair.RENEW, _, found if found is not None:
            registrar.renew(client, found)
        case Repair.REMOVE, _, found if found is not None:
            registrar.remove(client, found)


def _closed(world: World, connected: Connected) -> str:
    """Why it is not called now; empty when it is."""
    with world.database.reading() as session:
        row = connection.rows(session).get(connected.name)
    if row is None or row.state == connection.OPEN:
        return ""
    return f"{connected.name} is {row.state} and not called: {row.reason}"
