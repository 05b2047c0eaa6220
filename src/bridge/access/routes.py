"""`/api/v1/whoami` and `/api/v1/audit`."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from bridge.access import audit
from bridge.access.guard import Operator, Viewer
from bridge.access.keys import Role
from bridge.access.paging import Page, Turn, Word
from bridge.access.problems import READS
from bridge.access.state import Data

router = APIRouter(prefix="/api/v1", tags=["access"], responses=READS)


class Whoami(BaseModel):
    """The principal behind a key."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"name": "anna", "role": "operator"}]}
    )

    name: str
    role: Role


@router.get("/whoami", summary="Who am I?")
def whoami(principal: Viewer) -> Whoami:
    """The name and the role of the key that asks."""
    return Whoami(name=principal.name, role=principal.role)


@router.get("/audit", summary="What has been done, and by whom")
def listing(
    _: Operator,
    database: Data,
    turn: Turn,
    principal: Annotated[Word | None, Query()] = None,
    verb: Annotated[Word | None, Query()] = None,
    target: Annotated[Word | None, Query()] = None,
) -> Page[audit.Entry]:
    """Every act of a principal, the newest first."""
    with database.reading() as session:
        found = audit.page(session, turn.span, principal=principal, verb=verb, target=target)
    return turn.page(found, seq=lambda entry: entry.seq, item=lambda entry: entry)
