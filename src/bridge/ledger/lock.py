"""The subject's lock: facts of one record are applied one at a time, on either database."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from bridge.canonical.ids import NAMESPACE, stable_id


def lock_subjects(session: Session, refs: Iterable[str]) -> None:
    """Hold the locks of these records until the transaction ends.

    PostgreSQL: advisory locks, taken in sorted order so that two batches cannot wait for each
    other. SQLite: the write transaction has the whole database to itself already.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for number in sorted({_number(ref) for ref in refs}):
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _number(ref: str) -> int:
    """A signed 64-bit number made from a ref."""
    digest = stable_id(str(NAMESPACE), ref)[-12:]
    return int.from_bytes(digest.encode()[-8:], "big", signed=True)
