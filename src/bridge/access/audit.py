"""The audit: every act of a principal, with its reason and what it changed."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.access.keys import Principal, Role
from bridge.access.paging import Span
from bridge.access.tables import AuditRow
from bridge.canonical.text import storable


class Entry(BaseModel):
    """One act, as it is read."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "seq": 17,
                    "at": "2026-11-23T09:55:30.123Z",
                    "principal": "anna",
                    "role": "operator",
                    "verb": "replay",
                    "target": "plan_7n6kq2c3v5d4",
                    "reason": "the field Severity is back",
                    "difference": {"deliveries": 12},
                }
            ]
        },
    )

    seq: int
    at: datetime
    principal: str
    role: Role
    verb: str
    target: str
    reason: str
    difference: Any | None


def record(
    session: Session,
    principal: Principal,
    verb: str,
    target: str,
    *,
    reason: str,
    difference: Any | None,
    now: datetime,
) -> None:
    """Write an act down, in the transaction that does it.

    `target` is an id or a name, `difference` JSON without anybody's personal data.
    """
    session.add(
        AuditRow(
            at=now,
            principal=storable(principal.name),
            role=principal.role.value,
            verb=verb,
            target=storable(target),
            reason=storable(reason),
            difference=difference,
        )
    )


def page(
    session: Session,
    span: Span,
    *,
    principal: str | None = None,
    verb: str | None = None,
    target: str | None = None,
) -> list[Entry]:
    """The acts of one span that match every filter given, and one more if there is one."""
    statement = select(AuditRow)
    for column, wanted in (
        (AuditRow.principal, principal),
        (AuditRow.verb, verb),
        (AuditRow.target, target),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return [_entry(row) for row in session.scalars(span.of(statement, AuditRow.seq))]


def _entry(row: AuditRow) -> Entry:
    return Entry(
        seq=row.seq,
        at=row.at,
        principal=row.principal,
        role=Role(row.role),
        verb=row.verb,
        target=row.target,
        reason=row.reason,
        difference=row.difference,
    )
