"""What vendors allow over ten minutes and more: the quotas that a dry-run's calls are held against."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from bridge.connectors.connected import Connections
from bridge.connectors.limits import QUOTA_SECONDS, Scope
from bridge.outbox.budgets.views import States, limit_views


class Allowance(BaseModel):
    """So many calls in so many seconds, of a connection or of each of its parts by itself."""

    model_config = ConfigDict(frozen=True)

    connection: str
    name: str
    each_part: bool = False
    seconds: float
    limit: int


def allowances(connections: Connections, states: States, *, now: datetime) -> Iterator[Allowance]:
    """All quotas that are known now; some vendors say theirs only with their answers."""
    for name, connected in sorted(connections.items()):
        for view in limit_views(connected, states, now=now):
            if view.part or view.limit is None or (view.window_seconds or 0) < QUOTA_SECONDS:
                continue
            yield Allowance(
                connection=name,
                name=view.name,
                seconds=view.window_seconds or 0.0,
                limit=view.limit,
            )
        for limit in connected.limits.values():
            for window in limit.windows if limit.scope is Scope.PART else ():
                if window.is_quota:
                    yield Allowance(
                        connection=name,
                        name=limit.name,
                        each_part=True,
                        seconds=window.seconds,
                        limit=window.most,
                    )
