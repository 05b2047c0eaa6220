"""Who acted and is in no `people.yaml`, with how many events: the list to complete the file by. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, kw_only=True)
class Acted:
    """An event of somebody whose department is not known."""

    event: str
    connection: str
    actor: str
    name: str | None
    at: datetime


class Unknown(BaseModel):
    """Somebody who is not in `people.yaml`, or was in no role there on those days."""

    model_config = ConfigDict(frozen=True)

    connection: str
    id: str = Field(description="The account, as `identities` in people.yaml takes it.")
    name: str | None
    events: int
    first_at: datetime
    last_at: datetime
    last_event: str


def number(acted: Iterable[Acted]) -> list[Unknown]:
    """One row an account, those with the most events first."""
    found: dict[tuple[str, str], Unknown] = {}
    for one in acted:
        account = (one.connection, one.actor)
        found[account] = _with(found.get(account), one)
    return sorted(found.values(), key=lambda row: (-row.events, row.connection, row.id))


def _with(row: Unknown | None, one: Acted) -> Unknown:
    newest = row is None or one.at >= row.last_at
    return Unknown(
        connection=one.connection,
        id=one.actor,
        name=one.name or (row.name if row else None),
        events=(row.events if row else 0) + 1,
        first_at=min(one.at, row.first_at) if row else one.at,
        last_at=one.at if newest or row is None else row.last_at,
        last_event=one.event if newest or row is None else row.last_event,
    )
