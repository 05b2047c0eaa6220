"""`/api/v1/people/unresolved`: whose account at another system nobody knows."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.access.guard import Operator
from bridge.access.problems import READS
from bridge.access.state import Data
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.people.report import Unresolved, unresolved

MOST = 1_000

router = APIRouter(prefix="/api/v1/people", tags=["numbers"], responses=READS)


class UnresolvedView(BaseModel):
    """An account at `connection` that could not be carried to `wanted_at`: the field there stayed."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "connection": "jira",
                    "id": "712020:1f0c",
                    "name": "Dana Reyes",
                    "wanted_at": "salesforce",
                    "seen": 12,
                    "first_at": "2026-11-20T09:00:00Z",
                    "last_at": "2026-11-23T09:00:00Z",
                    "record": "jira:issue:10231",
                    "reason": "no_email",
                    "why": "jira does not show an e-mail address",
                    "remedy": 'in mappings/people.yaml add: - {name: "Dana Reyes", …}',
                }
            ]
        },
    )

    connection: str
    id: str = Field(description="The account, as `identities` in people.yaml takes it.")
    name: str | None
    wanted_at: str
    seen: int = Field(description="How often a value could not be carried for want of it.")
    first_at: datetime
    last_at: datetime
    record: str = Field(description="The record in which it was met last.")
    reason: str
    why: str
    remedy: str


@router.get("/unresolved", summary="Who has no account at the other system")
def listing(
    data: Data, world: TheWorld, _: Operator, limit: Annotated[int, Query(ge=1, le=MOST)] = 200
) -> list[UnresolvedView]:
    """Those met most often first. Their fields at the other system are left as they are.

    Name both accounts in mappings/people.yaml; whoever shows an e-mail address at both systems is
    found by it. The answer names people, so this needs the role operator.
    """
    with data.reading() as session:
        found = unresolved(session, world, world.sets.active(session))
        return [_view(one) for one in found[:limit]]


def _view(one: Unresolved) -> UnresolvedView:
    row = one.row
    return UnresolvedView(
        connection=row.at,
        id=row.account,
        name=one.name,
        wanted_at=row.to,
        seen=row.seen,
        first_at=row.first_at,
        last_at=row.last_at,
        record=row.record,
        reason=row.reason,
        why=one.why,
        remedy=one.remedy,
    )
