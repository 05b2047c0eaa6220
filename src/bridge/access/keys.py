"""API keys: who calls, and what they may do. Only the SHA-256 of a secret is kept."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bridge.access.tables import ApiKeyRow
from bridge.db import Database, insert_once
from bridge.errors import SettingError

PREFIX = "brk"
SECRET_BYTES = 32
USE_NOTED_EVERY = timedelta(minutes=1)  # a write for each request would be a write too many
NAME = r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}"
_NOBODY = hashlib.sha256(b"no key has this secret").hexdigest()


class Role(StrEnum):
    """What a principal may do; each role may do what the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def allows(self, other: "Role") -> bool:
        """Whether who has this role may do what `other` is needed for."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True)
class Principal:
    """Who acts: the name of a key (or of a person at the command line), and their role."""

    name: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key that was just made. `token` is shown once: it cannot be read back."""

    id: str
    name: str
    role: Role
    token: str


@dataclass(frozen=True, kw_only=True)
class KeyEntry:
    """A key as it is listed."""

    id: str
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create(session: Session, name: str, *, role: Role, now: datetime) -> NewKey:
    """Make a key. A name is used once and for ever, so that the audit means one key by it.

    Raises SettingError for a name that is taken or has characters that do not belong in a log.
    """
    if not re.fullmatch(NAME, name):
        raise SettingError(
            f"key name {name!r}: letters, digits, space and . _ @ -, 64 at most, a letter or digit"
            " first"
        )
    identity, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
    row = {"id": identity, "name": name, "role": role.value, "created_at": now}
    if not insert_once(session, ApiKeyRow, [row | {"hash": _hash(secret)}], key="id"):
        raise SettingError(
            f"key name {name!r} is taken (a revoked key keeps its name); use another"
        )
    return NewKey(id=identity, name=name, role=role, token=f"{PREFIX}_{identity}_{secret}")


def listing(session: Session) -> list[KeyEntry]:
    """Every key there ever was, by name."""
    return [_entry(row) for row in session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.name))]


def revoke(session: Session, which: str, *, now: datetime) -> bool:
    """Close the key of this id or name, for good. False when no open key is called so."""
    statement = (
        update(ApiKeyRow)
        .where(or_(ApiKeyRow.id == which, ApiKeyRow.name == which), ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiKeyRow.id)
    )
    return bool(list(session.scalars(statement)))


def authenticate(database: Database, token: str, *, now: datetime) -> Principal | None:
    """Whose token this is; `None` when it is nobody's, which costs as much to find out."""
    identity, secret = _parts(token)
    with database.reading() as session:
        row = session.get(ApiKeyRow, identity)
        entry, kept = (_entry(row), row.hash) if row else (None, _NOBODY)
    if not hmac.compare_digest(kept, _hash(secret)):
        return None
    if entry is None or entry.revoked_at is not None:
        return None
    if entry.last_used_at is None or now - entry.last_used_at >= USE_NOTED_EVERY:
        _note_use(database, entry.id, now)
    return Principal(entry.name, entry.role)


def _parts(token: str) -> tuple[str, str]:
    """Id and secret; the secret may hold underscores, the id never does."""
    prefix, _, rest = token.partition("_")
    identity, _, secret = rest.partition("_")
    if prefix != PREFIX or not re.fullmatch(r"[0-9a-f]{1,32}", identity):
        return "", ""
    return identity, secret


def _note_use(database: Database, identity: str, now: datetime) -> None:
    with database.transaction() as session:
        session.execute(update(ApiKeyRow).where(ApiKeyRow.id == identity).values(last_used_at=now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _entry(row: ApiKeyRow) -> KeyEntry:
    return KeyEntry(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
