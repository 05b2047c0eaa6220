"""A rule that is held, as the governor leaves it, in a database that somebody else set up."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.alarms import store as alarms
from bridge.connectors.teams.actions import PostCard
from bridge.outbox import hold as holds
from bridge.outbox import store, wild
from bridge.outbox.tables import State
from outbox.owed import armed, owed


def hold_rule(session: Session, rule: str, *, count: int, now: datetime) -> str:
    """So many cards of that rule are held; the id of the hold."""
    hold = holds.open_hold(
        session, wild.KIND, rule, reason=f"rule {rule} is held: x", connection=None, rule=rule, now=now
    )  # fmt: skip
    alarms.lower(session, f"blast:{rule}", kind="held", text="x", remedy="", link="", now=now)
    card = {"channel": "engineering", "title": "It reboots"}
    rows = [
        armed(
            owed(
                number,
                PostCard.kind,
                card,
                now=now,
                rule=rule,
                event_id=None,
                connection="teams",
                subject=f"jira:issue:{number}",
                write_key=f"key-{number}",
                state=State.HELD,
                hold_id=hold.id,
                reason=hold.reason,
            ),
            PostCard(**card),
        )
        for number in range(count)
    ]
    store.owe(session, rows)
    return hold.id
