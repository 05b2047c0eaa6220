"""The limits of a connection as people read them: use, what is left, when it would run out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bridge.connectors.connected import Connected
from bridge.connectors.limits import Limit, Scope, Window
from bridge.outbox.budgets import codec
from bridge.outbox.budgets.bucket import Bucket
from bridge.outbox.budgets.forecast import Standing, standings
from bridge.outbox.budgets.store import Key
from bridge.outbox.budgets.till import Till
from bridge.outbox.tables import BudgetRow

States = Mapping[tuple[str, str, str], BudgetRow]  # by connection, part, name


class LimitView(BaseModel):
    """One window of one limit. Of a limit over a second or two, `used` is what the nodes have shared out."""

    model_config = ConfigDict(frozen=True)

    name: str
    part: str = Field(
        description="A part of the connection, as `channel:alerts`; empty: all of it."
    )
    window_seconds: float | None = Field(description="null: closed, with no limit known.")
    limit: int | None
    used: int | None = Field(description="null: counted for each record by itself.")
    left: int | None
    reserve: int = Field(description="Of what is left, for urgent rules and reads alone.")
    source: str = Field(description="Who says so: `vendor`, or `counted` by us.")
    closed_until: datetime | None = Field(description="Until when the vendor takes no more.")
    why: str
    resets_at: datetime | None
    runs_out_at: datetime | None = Field(
        description="When nothing but the reserve is left, at the rate of the last ten minutes."
    )


def limit_views(connected: Connected, states: States, *, now: datetime) -> list[LimitView]:
    """Every window that is kept for this connection, the whole connection's first."""
    scale = scale_of(connected)
    at = now.timestamp() / scale
    views = []
    for key, bucket in buckets(connected, states).items():
        limit = connected.limits.get(key[1], Limit(name=key[1]))
        if limit.scope is Scope.RECORD:
            views += [_of_records(limit.name, one.most, one.seconds) for one in limit.windows]
            continue
        found = list(standings(bucket, reserve=connected.settings.reserve, now=at))
        views += [_view(key, bucket, one, at, scale) for one in found]
        if not found and bucket.closed > at:
            views.append(_view(key, bucket, None, at, scale))
    return views


def buckets(connected: Connected, states: States) -> dict[Key, Bucket]:
    """All that are kept, and those that are set and were not used yet."""
    mine = {key[1:]: row.state for key, row in states.items() if key[0] == connected.name}
    unused: dict[Key, Mapping[str, Any]] = {
        ("", limit.name): {}
        for limit in connected.limits.values()
        if limit.scope is not Scope.PART and ("", limit.name) not in mine
    }
    return {
        (part, name): codec.load(state, _windows(connected, name))
        for (part, name), state in sorted({**unused, **mine}.items())
    }


def scale_of(connected: Connected) -> float:
    """How long a second of the vendor's is in ours."""
    return connected.meter.scale if isinstance(connected.meter, Till) else 1.0


def moment(at: float | None, scale: float) -> datetime | None:
    """A time of a bucket as a date."""
    return None if at is None else datetime.fromtimestamp(at * scale, UTC)


def _windows(connected: Connected, name: str) -> tuple[Window, ...]:
    limit = connected.limits.get(name)
    return limit.windows if limit else ()


def _of_records(name: str, most: int, seconds: float) -> LimitView:
    return LimitView(
        name=name,
        part="each record",
        window_seconds=seconds,
        limit=most,
        used=None,
        left=None,
        reserve=0,
        source="counted",
        closed_until=None,
        why="",
        resets_at=None,
        runs_out_at=None,
    )


def _view(key: Key, bucket: Bucket, one: Standing | None, at: float, scale: float) -> LimitView:
    closed = bucket.closed if bucket.closed > at else None
    return LimitView(
        name=key[1],
        part=key[0],
        window_seconds=one.window.seconds if one else None,
        limit=one.window.most if one else None,
        used=one.used if one else None,
        left=one.left if one else None,
        reserve=one.reserve if one else 0,
        source=one.source if one else "vendor",
        closed_until=moment(closed, scale),
        why=bucket.why if closed else "",
        resets_at=moment(one.resets_at if one else None, scale),
        runs_out_at=moment(one.runs_out_at if one else None, scale),
    )
