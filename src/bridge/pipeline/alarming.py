"""The alarms of what is dead, of what is held, and of connections that are not called any more.

One for each rule and connection, however it died, until none is left.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.canonical.quoted import unquoted
from bridge.outbox import connection
from bridge.outbox.cause import command, remedy
from bridge.outbox.connection import News
from bridge.outbox.tables import DEAD, DeliveryRow, HoldRow, spelled
from bridge.pipeline.world import World


def tell_dead(session: Session, world: World, delivery: DeliveryRow, *, now: datetime) -> None:
    """It needs a person. Also one that was dead before it was ever tried."""
    world.alarms.lower(
        session,
        _key(delivery.rule, delivery.connection),
        kind="dead",
        text=(
            f"{delivery.action} of rule {delivery.rule} to {delivery.connection} is dead:"
            f" {unquoted(delivery.reason, delivery.args)}"
        ),
        remedy=f"bridge failures; then: {command(delivery.error_group)}",
        link=f"{world.public_url}/api/v1/deliveries/{delivery.id}",
        now=now,
    )


def lift_dead(session: Session, world: World, delivery: DeliveryRow, *, now: datetime) -> None:
    """A dead one was dealt with: if it was the last of its alarm, that is over."""
    over = dead_over(session, delivery.rule, delivery.connection)
    if over:
        key = _key(delivery.rule, delivery.connection)
        world.alarms.lift(session, key, text=over, now=now)


def tell_held(
    session: Session, world: World, hold: HoldRow, delivery: DeliveryRow, *, now: datetime
) -> None:
    """The same error again and again: who must mend what, and how it goes on."""
    what = remedy(delivery.error_kind, delivery.error_code)
    world.alarms.lower(
        session,
        f"held:{hold.about}",
        kind="held",
        text=(
            f"{delivery.action} of rule {delivery.rule} to {delivery.connection} is held,"
            f" after the same error {hold.reason}"
        ),
        remedy=(
            f"{what}; one that goes well lets all go: {command(delivery.error_group)};"
            f" or: bridge holds release {hold.id}, or discard"
        ),
        link=f"{world.public_url}/api/v1/holds",
        now=now,
    )


def lift_held(session: Session, world: World, hold: HoldRow, *, now: datetime) -> None:
    """One of its group went well."""
    text = f"one of {hold.about.replace('|', ', ')} went well, and all that was held goes"
    world.alarms.lift(session, f"held:{hold.about}", text=text, now=now)


def news(world: World) -> News:
    """Who hears what became of a connection."""
    return News(
        paused=lambda session, name, reason: _paused(session, world, name, reason),
        broken=lambda session, name, reason: _broken(session, world, name, reason),
        recovered=lambda session, name: _recovered(session, world, name),
    )


def dead_over(session: Session, rule: str, connection: str) -> str:
    """Why the alarm is over, in words; empty while something is dead."""
    query = select(DeliveryRow.seq).where(
        spelled(DEAD),
        DeliveryRow.rule == rule,
        DeliveryRow.connection == connection,
    )
    left = session.scalars(query.limit(1)).first()
    return "" if left else f"no dead deliveries of {rule} to {connection} are left"


def _key(rule: str, connection: str) -> str:
    return f"dead:{rule}:{connection}"


def _paused(session: Session, world: World, name: str, reason: str) -> None:
    answers = f"{connection.spoken(name)} answers, but does not accept our credentials"
    world.alarms.lift(session, f"breaker:{name}", text=answers, now=world.clock.now())
    world.alarms.lower(
        session,
        f"connection:{name}",
        kind="paused",
        text=f"{connection.spoken(name)} does not accept our credentials: {reason}",
        remedy="renew them; everything is kept, and the next delivery that succeeds ends the pause",
        link=f"{world.public_url}/api/v1/connections",
        now=world.clock.now(),
    )


def _broken(session: Session, world: World, name: str, reason: str) -> None:
    world.alarms.lower(
        session,
        f"breaker:{name}",
        kind="broken",
        text=f"{connection.spoken(name)} does not answer, and is not called any more: {reason}",
        remedy="see whether it is up; everything is kept, it is tried with one delivery now and"
        " then, and the first that gets through ends this",
        link=f"{world.public_url}/api/v1/connections",
        now=world.clock.now(),
    )


def _recovered(session: Session, world: World, name: str) -> None:
    for key in (f"connection:{name}", f"breaker:{name}"):
        text = f"{connection.spoken(name)} works again"
        world.alarms.lift(session, key, text=text, now=world.clock.now())
