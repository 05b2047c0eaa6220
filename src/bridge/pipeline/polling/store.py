"""All SQL of polls: how far each has come, who works on it, and what it has brought already."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Insert, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.canonical.ref import Ref
from bridge.canonical.text import cut, storable
from bridge.connectors.found import Touched
from bridge.db import dialect, insert_into, insert_once, ring
from bridge.inbox.tables import PolledRow, PollRow
from bridge.ledger import latest, links
from bridge.ledger.latest import Latest
from bridge.ledger.tables import RecordRow
from bridge.rows import put
from bridge.rules.sources import Source

MAX_PROBLEM = 500


def plan(session: Session, every: Mapping[str, timedelta], *, now: datetime) -> None:
    """Keep a row for each source that is polled, by its time; forget the others.

    What was changed before a source was polled for the first time is not looked for.
    """
    rows = {row.source: row for row in session.scalars(select(PollRow))}
    new = [
        {"source": name, "since": now, "due_at": now + wait, "found": 0, "problem": ""}
        for name, wait in every.items()
        if name not in rows
    ]
    insert_once(session, PollRow, new, key="source")
    for name, row in rows.items():
        if name not in every:
            _forget(session, name)
        elif row.due_at > now + every[name]:  # it is to run more often from now on
            row.due_at = now + every[name]
    if any(row.due_at <= now for row in rows.values()):
        ring(session, CHORES)


def plan_looks(session: Session, within: Mapping[str, timedelta], *, now: datetime) -> None:
    """Begin the rounds of these sources, and end those of all others."""
    for row in session.scalars(select(PollRow)):
        if row.source not in within:
            row.looked_ref, row.look_at = None, None
        elif row.look_at is None:
            row.look_at = now
    session.flush()
    if any_look(session, now=now):
        ring(session, CHORES)


def any_look(session: Session, *, now: datetime) -> bool:
    return session.scalar(select(PollRow.source).where(_look_due(now)).limit(1)) is not None


def lease_look(session: Session, *, now: datetime, until: datetime) -> PollRow | None:
    """A source whose next look is due, for this node alone until then."""
    query = select(PollRow).where(_look_due(now)).order_by(PollRow.look_at, PollRow.source).limit(1)
    found = session.scalars(query.with_for_update(skip_locked=True)).first()
    if found is not None:
        found.leased_until = until
    return found


def to_look_at(
    session: Session, source: Source, *, after: str, most: int
) -> tuple[Sequence[str], bool]:
    """The next known records of a source by their refs; and whether there are more behind them."""
    query = select(RecordRow.ref).where(_of(source), RecordRow.ref > after)
    refs = session.scalars(query.order_by(RecordRow.ref).limit(most + 1)).all()
    return refs[:most], len(refs) > most


def known(session: Session, source: Source) -> int:
    return session.scalar(select(func.count()).select_from(RecordRow).where(_of(source))) or 0


def any_due(session: Session, *, now: datetime) -> bool:
    return session.scalar(select(PollRow.source).where(_due(now)).limit(1)) is not None


def lease(session: Session, *, now: datetime, until: datetime) -> PollRow | None:
    """One whose time has come, for this node alone until then."""
    query = select(PollRow).where(_due(now)).order_by(PollRow.due_at, PollRow.source).limit(1)
    found = session.scalars(query.with_for_update(skip_locked=True)).first()
    if found is not None:
        found.leased_until = until
    return found


def still(session: Session, leased: PollRow) -> PollRow | None:
    """The row, locked, if nobody else has taken it since; `None` when somebody has."""
    row = session.get(PollRow, leased.source, with_for_update=True, populate_existing=True)
    return row if row is not None and row.leased_until == leased.leased_until else None


def one(session: Session, source: str) -> PollRow | None:
    return session.get(PollRow, source)


def behind(session: Session, *, now: datetime) -> dict[str, float]:
    """By source, the seconds since the moment up to which all that was changed is here."""
    return {row.source: max(0.0, (now - row.since).total_seconds()) for row in rows(session)}


def rows(session: Session) -> Sequence[PollRow]:
    return session.scalars(select(PollRow).order_by(PollRow.source)).all()


def give_back(row: PollRow, *, due_at: datetime, problem: str = "") -> None:
    """It is nobody's until then."""
    row.leased_until, row.due_at = None, due_at
    row.problem = cut(storable(problem), MAX_PROBLEM)


def unknown(
    session: Session, source: str, found: Sequence[tuple[Ref, Touched]]
) -> list[tuple[Ref, Touched]]:
    """Those that neither the ledger knows as new as they are, nor a search has brought before.

    What is gone is brought until the ledger knows it: it may bear the stamp that it had when it was
    last brought. What is known to be gone is brought once more where its stamp is newer: it was there again,
    and went another way. One that is gone and was never known is no news, unless it is linked: another
    was merged into it that was known.
    """
    gone = [str(ref) for ref, touched in found if touched.gone]
    linked = {link.left_ref for link in links.touching(session, gone)} if gone else set()
    records = {row.ref: row for row in latest.read(session, [str(ref) for ref, _ in found])}
    ids = sorted({touched.id for _, touched in found})
    query = select(PolledRow.record_id, PolledRow.stamp)
    query = query.where(PolledRow.source == source, PolledRow.record_id.in_(ids))
    brought = {row.record_id: row.stamp for row in session.execute(query)}
    return [
        (ref, touched)
        for ref, touched in found
        if not _is_known(records.get(str(ref)), touched, linked=str(ref) in linked)
        and (
            _goes(records.get(str(ref)), touched)
            or touched.id not in brought
            or brought[touched.id] < touched.stamp
        )
    ]


def bring(session: Session, source: str, found: Sequence[Touched]) -> None:
    """Remember what goes into the inbox now."""
    stamps = {one.id: one.stamp for one in found}
    rows = [{"source": source, "record_id": one, "stamp": stamps[one]} for one in sorted(stamps)]
    if rows:
        put(session, _brought(dialect(session)), rows)


def forget_before(session: Session, source: str, before: datetime) -> None:
    """What was changed before then is not searched for any more."""
    old = delete(PolledRow).where(PolledRow.source == source, PolledRow.stamp < before)
    session.execute(old)


def _look_due(now: datetime) -> ColumnElement[bool]:
    free = or_(PollRow.leased_until.is_(None), PollRow.leased_until < now)
    return and_(PollRow.look_at <= now, free)


def _of(source: Source) -> ColumnElement[bool]:
    """Those that are there as far as we know. The bounds are a range of the primary key."""
    begin = str(Ref(source.connection, source.object, ""))
    end = begin[:-1] + chr(ord(begin[-1]) + 1)
    between = and_(RecordRow.ref >= begin, RecordRow.ref < end)
    return and_(between, RecordRow.source == source.id, RecordRow.deleted_at.is_(None))


def _due(now: datetime) -> ColumnElement[bool]:
    free = or_(PollRow.leased_until.is_(None), PollRow.leased_until < now)
    return and_(PollRow.due_at <= now, free)


def _forget(session: Session, source: str) -> None:
    session.execute(delete(PolledRow).where(PolledRow.source == source))
    session.execute(delete(PollRow).where(PollRow.source == source))


def _is_known(record: Latest | None, touched: Touched, *, linked: bool) -> bool:
    if record is None:
        return touched.gone and not linked
    as_new = record.stamp is not None and record.stamp >= touched.stamp
    if touched.gone:
        missed = record.deleted_at  # by our clock where we looked; some vendors' has whole seconds
        return missed is not None and (as_new or missed.replace(microsecond=0) > touched.stamp)
    return record.deleted_at is None and as_new


def _goes(record: Latest | None, touched: Touched) -> bool:
    """It is gone, and the ledger does not know."""
    return touched.gone and record is not None and record.deleted_at is None


@cache
def _brought(dialect: str) -> Insert:
    new = insert_into(dialect, PolledRow)
    told = {"stamp": new.excluded.stamp}
    return new.on_conflict_do_update(index_elements=["source", "record_id"], set_=told)
