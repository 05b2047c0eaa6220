"""Latest records as one transaction reads and writes them: many at a time, values that no session knows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Insert, and_, bindparam, select, update
from sqlalchemy.orm import Session

from bridge.db import dialect, insert_into, table_of
from bridge.ledger.tables import RecordRow
from bridge.rows import put


@dataclass(kw_only=True)
class Latest:
    """What a row of `record` holds, under the same names."""

    ref: str
    connection: str
    seen_at: datetime
    updated_at: datetime
    kind: str
    schema_version: int
    source: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    stamp: datetime | None = None
    version: str | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    refused_at: datetime | None = None
    ours: bool = False
    key: str | None = None
    url: str | None = None
    customer: str | None = None
    project: str | None = None
    status_at: datetime | None = None
    changed_at: datetime | None = None
    parent: str | None = None


_NAMES = tuple(one.name for one in fields(Latest))
_NEVER_CHANGED = frozenset({"ref", "connection", "seen_at"})
_TABLE = table_of(RecordRow)
_READ = select(*(_TABLE.c[name] for name in _NAMES)).where(
    _TABLE.c.ref.in_(bindparam("refs", expanding=True))
)
_HANGING = select(*(_TABLE.c[name] for name in _NAMES)).where(
    _TABLE.c.parent.in_(bindparam("refs", expanding=True)),
    _TABLE.c.parent.is_not(None),
    _TABLE.c.deleted_at.is_(None),
)
_ON = _HANGING.where(_TABLE.c.kind == "comment")


def comments_on(session: Session, refs: Collection[str]) -> list[Latest]:
    """What was said on these records, and was not taken back."""
    session.flush()
    rows = session.execute(_ON, {"refs": sorted(set(refs))})
    return [Latest(**dict(zip(_NAMES, row, strict=True))) for row in rows]


def hanging_on(session: Session, refs: Collection[str]) -> list[Latest]:
    """All that is known to hang on these records, what was deleted left out."""
    session.flush()
    rows = session.execute(_HANGING, {"refs": sorted(set(refs))})
    return [Latest(**dict(zip(_NAMES, row, strict=True))) for row in rows]


def parents(session: Session, refs: Collection[str]) -> list[str]:
    """What these hang on, as far as they are known."""
    query = select(_TABLE.c.parent).where(
        _TABLE.c.ref.in_(sorted(set(refs))), _TABLE.c.parent.is_not(None)
    )
    return list(session.scalars(query)) if refs else []


def refused(session: Session, ref: str, *, now: datetime) -> None:
    """Its vendor says that it is deleted, which nobody has told us."""
    row = and_(_TABLE.c.ref == ref, _TABLE.c.deleted_at.is_(None))
    session.execute(update(_TABLE).where(row).values(refused_at=now))


def refs_after(session: Session, ref: str, *, limit: int) -> list[tuple[str, str]]:
    """The next records in the order of their refs, each with its kind."""
    query = select(_TABLE.c.ref, _TABLE.c.kind).where(_TABLE.c.ref > ref)
    return [
        (row.ref, row.kind) for row in session.execute(query.order_by(_TABLE.c.ref).limit(limit))
    ]


def read(session: Session, refs: Collection[str]) -> list[Latest]:
    """Those of them that are known, also as this session has changed them."""
    if not refs:
        return []
    session.flush()
    rows = session.execute(_READ, {"refs": sorted(set(refs))})
    return [Latest(**dict(zip(_NAMES, row, strict=True))) for row in rows]


def keys(session: Session, refs: Collection[str | None]) -> dict[str, str]:
    """By ref: what people call those that have such a name, a case number or an issue key."""
    wanted = sorted({ref for ref in refs if ref})
    query = select(_TABLE.c.ref, _TABLE.c.key).where(_TABLE.c.ref.in_(wanted))
    return {row.ref: row.key for row in session.execute(query) if row.key} if wanted else {}


def write(session: Session, records: Sequence[Latest]) -> None:
    """Keep these as they are now, in one order. The caller holds the locks of their subjects."""
    rows = [dict(vars(one)) for one in sorted(records, key=lambda one: one.ref)]
    if rows:
        put(session, _upsert(dialect(session)), rows)


@cache
def _upsert(dialect: str) -> Insert:
    new = insert_into(dialect, RecordRow)
    told = {name: new.excluded[name] for name in _NAMES if name not in _NEVER_CHANGED}
    return new.on_conflict_do_update(index_elements=["ref"], set_=told)
