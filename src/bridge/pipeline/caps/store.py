"""All SQL of what rules have written: slots of five minutes for the last hour, of an hour for long."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Insert, bindparam, func, select, tuple_, update
from sqlalchemy.orm import Session

from bridge.db import Database, dialect, insert_into, table_of
from bridge.outbox import wild
from bridge.outbox.tables import DeliveryRow, HoldRow
from bridge.pipeline.caps.learning import Hour
from bridge.pipeline.caps.use import HOUR, Place, Use
from bridge.rules.tables import RuleUseRow

LOOK_BACK = 1_000  # deliveries: what nodes that work at the same time may number in another order
PAGE = 2_000  # rows of history at once
SHORT, LONG = 5, 60  # minutes of a slot
LEARNT_FROM = timedelta(days=30)
_TABLE = table_of(RuleUseRow)
_COUNTS = (
    func.sum(_TABLE.c.writes - _TABLE.c.forgiven),
    func.sum(_TABLE.c.known),
    func.sum(_TABLE.c.overwritten),
)
# Slots that began in the last hour: never more than an hour, and a little less.
_RECENT = (_TABLE.c.minutes == SHORT, _TABLE.c.since > bindparam("since"))
_SUMS = select(_TABLE.c.rule, *_COUNTS).where(*_RECENT).group_by(_TABLE.c.rule)


class Written(NamedTuple):
    """What one node has to add to a rule's slots. `most`: to one record."""

    use: Use
    most: int


class Decided(NamedTuple):
    """When a person decided on a rule the last time, and until when it is not held anew."""

    at: datetime
    spared_until: datetime | None

    def spares(self, now: datetime) -> bool:
        return self.spared_until is not None and self.spared_until > now


def add(session: Session, written: Mapping[str, Written], *, now: datetime) -> None:
    """Count these; rows in one order, so that two nodes cannot wait for each other."""
    rows = [
        {
            "rule": rule,
            "minutes": minutes,
            "since": _slot(now, minutes),
            "writes": one.use.writes,
            "forgiven": 0,
            "known": one.use.known,
            "overwritten": one.use.overwritten,
            "most": one.most,
        }
        for rule, one in sorted(written.items())
        for minutes in (SHORT, LONG)
    ]
    if rows:
        session.execute(_upsert(dialect(session)), rows)


def sums(session: Session, *, now: datetime) -> dict[str, Use]:
    """By rule: what all nodes wrote in the last hour, as far as they have told."""
    rows = session.execute(_SUMS, {"since": now - HOUR})
    return {rule: _use(counts) for rule, *counts in rows}


def forgive(session: Session, rule: str, *, now: datetime) -> None:
    """A person has decided: what was written until now counts no more."""
    session.execute(
        update(RuleUseRow)
        .where(RuleUseRow.rule == rule, RuleUseRow.minutes == SHORT, RuleUseRow.since > now - HOUR)
        .values(forgiven=RuleUseRow.writes, known=0, overwritten=0)
        .execution_options(synchronize_session=False)
    )


def decided(session: Session, rules: Collection[str], *, now: datetime) -> dict[str, Decided]:
    """By rule: the last decision of a person that still counts for what is written now."""
    query = select(HoldRow.about, HoldRow.decided_at, HoldRow.spared_until).where(
        HoldRow.about.in_(sorted(rules)),
        HoldRow.kind == wild.KIND,
        (HoldRow.decided_at > now - HOUR) | (HoldRow.spared_until > now),
    )
    rows = session.execute(query.order_by(HoldRow.seq))
    return {rule: Decided(at, spared) for rule, at, spared in rows if at is not None}


def times(
    session: Session, subjects: Collection[str], rules: Collection[str], *, now: datetime
) -> dict[Place, list[datetime]]:
    """By rule, step and record: when it was owed what went out, or may, in the last hour.

    What a person replays, and what is held, does not count.
    """
    first = (
        select(DeliveryRow.seq)
        .where(DeliveryRow.created_at > now - HOUR)
        .order_by(DeliveryRow.created_at, DeliveryRow.seq)
        .limit(1)
    )
    record = func.coalesce(
        DeliveryRow.target_ref, DeliveryRow.target_link, DeliveryRow.subject
    )  # as `place_of`
    query = select(DeliveryRow.rule, DeliveryRow.step, record, DeliveryRow.created_at).where(
        DeliveryRow.subject.in_(sorted(subjects)),
        DeliveryRow.seq >= first.scalar_subquery() - LOOK_BACK,
        DeliveryRow.rule.in_(sorted(rules)),
        DeliveryRow.replay_id == "",
        DeliveryRow.hold_id.is_(None),
    )
    found: dict[Place, list[datetime]] = {}
    for *place, at in session.execute(query):
        if at > now - HOUR:
            found.setdefault((place[0], place[1], place[2]), []).append(at)
    return found


def history(database: Database, *, since: datetime) -> Iterator[list[tuple[str, Hour]]]:
    """The hours in which rules wrote since then, by rule, a few thousand at a time."""
    last = ("", since)
    while True:
        with database.reading() as session:
            query = select(RuleUseRow).where(
                RuleUseRow.minutes == LONG,
                RuleUseRow.since >= since,
                tuple_(RuleUseRow.rule, RuleUseRow.since) > last,
            )
            ordered = query.order_by(RuleUseRow.rule, RuleUseRow.since).limit(PAGE)
            rows = session.scalars(ordered).all()
        if not rows:
            return
        yield [(row.rule, _hour(row)) for row in rows]
        last = rows[-1].rule, rows[-1].since


def _hour(row: RuleUseRow) -> Hour:
    return Hour(
        since=row.since,
        writes=row.writes,
        known=row.known,
        overwritten=row.overwritten,
        most=row.most,
    )


def _use(counts: Sequence[Any]) -> Use:
    writes, known, overwritten = (int(one or 0) for one in counts)
    return Use(writes=writes, known=known, overwritten=overwritten)


def _slot(now: datetime, minutes: int) -> datetime:
    """When the slot began that now is in."""
    whole = timedelta(minutes=minutes)
    return now - (now - datetime(2000, 1, 1, tzinfo=UTC)) % whole


@cache
def _upsert(dialect: str) -> Insert:
    new = insert_into(dialect, RuleUseRow)
    more = {
        name: _TABLE.c[name] + new.excluded[name] for name in ("writes", "known", "overwritten")
    }
    greatest = func.greatest if dialect == "postgresql" else func.max
    more["most"] = greatest(_TABLE.c.most, new.excluded.most)
    return new.on_conflict_do_update(index_elements=["rule", "minutes", "since"], set_=more)
