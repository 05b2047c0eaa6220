"""Registrations of webhooks looked at by the leader: what ends is renewed, what is amiss is told."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bridge.connectors.connected import Connected, Connections
from bridge.connectors.registration import Finding, Standing
from bridge.pipeline.registering.standing import renewed, standing
from bridge.pipeline.world import World

AMISS = {Standing.MISSING, Standing.DIFFERS, Standing.EXPIRES, Standing.EXTRA}


def look(world: World, linked: Connections) -> None:
    """An alarm for each connection whose webhooks are not as declared; lifted when all are.

    One that cannot be asked says nothing new: what it is called for fails as well, and is told.
    """
    for connected in linked.values():
        found = renewed(world, connected, standing(world, connected))
        if found:
            with world.database.transaction() as session:
                _tell(session, world, connected, found)


def _tell(session: Session, world: World, connected: Connected, found: Sequence[Finding]) -> None:
    now, key = world.clock.now(), f"webhooks:{connected.name}"
    amiss = [one for one in found if one.standing in AMISS]
    if amiss:
        world.alarms.lower(
            session,
            key,
            kind="webhooks",
            text=f"webhooks of {connected.name} are not as declared:\n"
            + "\n".join(_line(one) for one in amiss),
            remedy="look at what a repair does: bridge connections webhooks repair"
            f" {connected.name} --dry-run. What was not told meanwhile is found by a search",
            link=f"{world.public_url}/api/v1/connections/{connected.name}/webhooks",
            now=now,
        )
    elif all(one.standing is Standing.THERE for one in found):
        world.alarms.lift(session, key, text="they are as declared", now=now)


def _line(one: Finding) -> str:
    ends = f" at {one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at else ""
    why = f": {one.detail}" if one.detail else ""
    return f"{one.name or one.url} {one.standing}{ends}{why}"
