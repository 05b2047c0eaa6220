"""The subject's lock: facts of one record are applied one at a time, on either database."""

from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bridge.canonical.ids import NAMESPACE, stable_id
from bridge.ledger.tables import LinkRow

_LOCK = text("SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) number")


def lock_with_linked(session: Session, refs: Iterable[str]) -> set[str]:
    """The same for these records and those whose links lead to them; which are locked now.

    What follows from an event of an issue is written on the case it is linked to. Both locks are
    taken at once, because one that is taken later may be held by somebody who waits for the other.
    """
    wanted = sorted(set(refs))
    if session.get_bind().dialect.name != "postgresql" or not wanted:
        return set(wanted)
    lefts = session.scalars(select(LinkRow.left_ref).where(LinkRow.right_ref.in_(wanted)))
    locked = {*wanted, *lefts}
    lock_subjects(session, locked)
    return locked


def lock_subjects(session: Session, refs: Iterable[str]) -> None:
    """Hold the locks of these records until the transaction ends.

    PostgreSQL: advisory locks, taken in sorted order so that two batches cannot wait for each
    other. SQLite: the write transaction has the whole database to itself already.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    numbers = sorted({_number(ref) for ref in refs})
    if numbers:
        session.execute(_LOCK, {"numbers": numbers})


def _number(ref: str) -> int:
    """A signed 64-bit number made from a ref."""
    digest = stable_id(str(NAMESPACE), ref)[-12:]
    return int.from_bytes(digest.encode()[-8:], "big", signed=True)
