"""`/api/v1/keys`: for whoever cannot reach the database, or must not write to it beside a server."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy.orm import Session

from bridge.access import keys
from bridge.access.guard import Admin
from bridge.access.keys import NAME, Role
from bridge.access.problems import ACTS, READS, Problem, not_found
from bridge.access.repeats import AdminAct
from bridge.access.state import Data
from bridge.errors import SettingError

router = APIRouter(prefix="/api/v1/keys", tags=["access"], responses=READS)


class KeyView(BaseModel):
    """A key as it is listed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyWish(BaseModel):
    """Whose key, and what it may do. A name is used once and for ever."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "anna", "role": "operator"}]}
    )

    name: Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
    role: Role = Role.VIEWER


class MadeKey(BaseModel):
    """A key that was just made. `token` is answered once: it is not kept, a repeat has null."""

    id: str
    name: str
    role: Role
    token: str | None


class Revoked(BaseModel):
    name: str


@router.get("", summary="Who has a key")
def listing(_: Admin, database: Data) -> list[KeyView]:
    """Every key there ever was, by name, without secrets."""
    with database.reading() as session:
        return [KeyView.model_validate(one) for one in keys.listing(session)]


@router.post("", summary="Make a key", responses=ACTS, response_model=MadeKey, status_code=201)
def create(act: AdminAct, wish: KeyWish) -> Response:
    """409 when the name is taken, also by a key that was revoked."""

    def work(session: Session) -> MadeKey:
        try:
            made = keys.create(session, wish.name, role=wish.role, now=act.now)
        except SettingError as error:
            raise Problem(
                "name-taken", "The name is taken", status=409, detail=str(error)
            ) from None
        act.record(session, "create key", made.name, difference={"role": made.role.value})
        return MadeKey(id=made.id, name=made.name, role=made.role, token=made.token)

    return act.once(work, status=201, secret=frozenset({"token"}))


@router.post(
    "/{name}:revoke", summary="Close a key for good", responses=ACTS, response_model=Revoked
)
def revoke(act: AdminAct, name: str) -> Response:
    """By its name or id. It is nobody's from the next request on."""

    def work(session: Session) -> Revoked:
        if not keys.revoke(session, name, now=act.now):
            raise not_found(f"key {name} that is not revoked")
        act.record(session, "revoke key", name)
        return Revoked(name=name)

    return act.once(work)
