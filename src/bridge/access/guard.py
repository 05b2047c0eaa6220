"""Who may pass: FastAPI dependencies that turn a bearer key into a principal."""

from collections.abc import Callable
from typing import Annotated

import structlog
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bridge.access.keys import Principal, Role, authenticate
from bridge.access.problems import Problem
from bridge.access.state import Data, Time

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="bridge"'}
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    bearerFormat="brk_<id>_<secret>",
    description="A key made by `bridge keys create`. Never in a query string.",
)

log = structlog.get_logger()
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def principal(credentials: Credentials, database: Data, clock: Time) -> Principal:
    """Who calls. 401 without a key, or with one that is nobody's or was revoked."""
    if credentials is None:
        raise _unknown("send Authorization: Bearer and a key made by `bridge keys create`")
    found = authenticate(database, credentials.credentials, now=clock.now())
    if found is None:
        log.warning("access.refused")
        raise _unknown("no key is like this one; it may be mistyped or revoked")
    return found


def needs(role: Role) -> Callable[[Principal], Principal]:
    """A dependency that lets nobody through below `role`: 401 without a key, 403 with a small one."""

    def check(who: Annotated[Principal, Depends(principal)]) -> Principal:
        require(who, role)
        return who

    return check


def require(who: Principal, role: Role) -> None:
    """403 for whoever has a smaller role."""
    if not who.role.allows(role):
        raise Problem(
            "role-needed",
            "Your key may not do this",
            status=403,
            detail=f"this needs the role {role}; your key has the role {who.role}",
            more={"needed": role.value},
        )


Viewer = Annotated[Principal, Depends(needs(Role.VIEWER))]
Operator = Annotated[Principal, Depends(needs(Role.OPERATOR))]
Admin = Annotated[Principal, Depends(needs(Role.ADMIN))]


def _unknown(detail: str) -> Problem:
    return Problem("key-needed", "A key is needed", status=401, detail=detail, headers=_CHALLENGE)
