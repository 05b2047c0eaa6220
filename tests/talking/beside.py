"""What hangs on an issue, as the ledger knows it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.ledger.latest import Latest

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


def hanging(kind: str, *, author: str | None, after: float = 0.0, told: bool = True) -> Latest:
    """A hidden comment, or a file, put there `after` seconds. Not `told`: its source reads no time."""
    at = NOW + timedelta(seconds=after)
    data: dict[str, Any] = {
        "author": {"id": author} if author else None,
        "public": kind != "comment",
        "created_at": at.isoformat() if told else None,
    }
    return Latest(
        ref=f"jira:{kind}:1",
        connection="jira",
        kind=kind,
        schema_version=1,
        data=data,
        created_at=at,
        seen_at=at,
        updated_at=at,
    )
