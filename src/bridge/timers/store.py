"""All SQL of timers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Insert, bindparam, delete, select, update
from sqlalchemy.orm import Session

from bridge.db import dialect, insert_into, table_of
from bridge.timers.tables import TimedRuleRow, TimerRow

Key = tuple[str, str]  # record, rule
_TIMER = table_of(TimerRow)
_KEPT = ("event", "since", "due_at", "planned_at", "look_at")
_DROP = delete(_TIMER).where(
    _TIMER.c.record == bindparam("of_record"), _TIMER.c.rule == bindparam("of_rule")
)
_DUE = (
    select(_TIMER.c.record, _TIMER.c.rule)
    .where(_TIMER.c.look_at <= bindparam("now"))
    .order_by(_TIMER.c.look_at)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, kw_only=True)
class Timer:
    """An event to come, as a row of `timer` holds it."""

    record: str
    rule: str
    event: str
    since: datetime
    due_at: datetime
    planned_at: datetime

    @property
    def key(self) -> Key:
        return self.record, self.rule


class Timers:
    """Keeps what is planned and cancelled in one transaction back until `write`: two statements at most."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._news: dict[Key, Timer | None] = {}

    def put(self, timer: Timer) -> None:
        """Plan it, in the place of another for the same record and rule."""
        self._news[timer.key] = timer

    def drop(self, record: str, rule: str) -> None:
        """Cancel it, if there is one."""
        self._news[record, rule] = None

    def write(self) -> None:
        """In the order of their keys, so that two nodes cannot wait for each other."""
        news = sorted(self._news.items())
        gone = [{"of_record": key[0], "of_rule": key[1]} for key, new in news if new is None]
        rows = [{**vars(new), "look_at": new.due_at} for _, new in news if new is not None]
        if gone:
            self._session.execute(_DROP, gone)
        if rows:
            self._session.execute(_upsert(dialect(self._session)), rows)
        self._news = {}


def due(session: Session, *, now: datetime, limit: int) -> list[Key]:
    """What is to be looked at now, the longest due first."""
    return [(row.record, row.rule) for row in session.execute(_DUE, {"now": now, "most": limit})]


def of_records(session: Session, records: Collection[str]) -> dict[Key, Timer]:
    """All timers of these records."""
    columns = (_TIMER.c[name] for name in Timer.__dataclass_fields__)
    query = select(*columns).where(_TIMER.c.record.in_(sorted(records)))
    found = [Timer(**row) for row in session.execute(query).mappings()]
    return {one.key: one for one in found}


def postpone(session: Session, key: Key, *, until: datetime) -> None:
    """Look at it again later: no event could be made of it."""
    chosen = update(_TIMER).where(_TIMER.c.record == key[0], _TIMER.c.rule == key[1])
    session.execute(chosen.values(look_at=until))


def timed_rules(session: Session) -> dict[str, TimedRuleRow]:
    """For which rules records have been looked through, or are being."""
    return {row.rule: row for row in session.scalars(select(TimedRuleRow))}


def begin(session: Session, rows: Iterable[TimedRuleRow]) -> None:
    """Look through all records for these rules."""
    for row in rows:
        session.merge(row)


def seen_with(session: Session, rules: Collection[str], activation: int) -> None:
    """These rules are still active, as they were."""
    chosen = update(TimedRuleRow).where(TimedRuleRow.rule.in_(sorted(rules)))
    session.execute(chosen.values(activation=activation))


def advance(session: Session, row: TimedRuleRow, cursor: str | None) -> None:
    """So far the records have been looked through for a rule, `None`: to the end. Unless somebody
    else has gone on with it, or began anew."""
    chosen = update(TimedRuleRow).where(
        TimedRuleRow.rule == row.rule,
        TimedRuleRow.basis == row.basis,
        TimedRuleRow.cursor == row.cursor,
    )
    session.execute(chosen.values(cursor=cursor).execution_options(synchronize_session=False))


def forget(session: Session, rule: str, *, limit: int) -> None:
    """A rule is not active any more: some of its timers go, and with the last of them the rule.

    Should it come back, it is new.
    """
    chosen = select(_TIMER.c.record).where(_TIMER.c.rule == rule).limit(limit)
    keys = [{"of_record": record, "of_rule": rule} for record in sorted(session.scalars(chosen))]
    if keys:
        session.execute(_DROP, keys)
    if len(keys) < limit:
        session.execute(delete(TimedRuleRow).where(TimedRuleRow.rule == rule))


@cache
def _upsert(dialect: str) -> Insert:
    new = insert_into(dialect, TimerRow)
    told: Mapping[str, object] = {name: new.excluded[name] for name in _KEPT}
    return new.on_conflict_do_update(index_elements=["record", "rule"], set_=told)
