"""Silence: a connection that used to be heard and is not any more."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bridge.alarms import store as alarms
from bridge.connectors.connected import Connections
from bridge.outbox import connection
from bridge.outbox.tables import ConnectionRow

GAPS = 10  # times the usual gap between messages
AT_LEAST = timedelta(hours=1)


def listen(session: Session, connections: Connections, *, link: str, now: datetime) -> None:
    """Alarm for each connection that is silent for too long; lift it when it is heard again."""
    for name, row in connection.rows(session).items():
        connected = connections.get(name)
        if connected is None:
            continue
        since = _silent_since(row, connected.settings.silent_after, now)
        if since is None:
            alarms.lift(session, f"silent:{name}", text=f"{name} is heard again", now=now)
            continue
        alarms.lower(
            session,
            f"silent:{name}",
            kind="silent",
            text=f"no message from {name} since {since:%Y-%m-%d %H:%M} UTC",
            remedy="look whether its webhooks are still registered and reach us",
            link=link,
            now=now,
        )


def _silent_since(row: ConnectionRow, hours: float | None, now: datetime) -> datetime | None:
    """Since when, if that is too long. One that was never heard is silent only if hours are set."""
    since = row.last_message_at or (row.live_since if hours else None)
    if since is None:
        return None
    usual = timedelta(seconds=GAPS * (row.gap_seconds or 0))
    limit = timedelta(hours=hours) if hours else max(usual, AT_LEAST)
    return since if now - since > limit else None
