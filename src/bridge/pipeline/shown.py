"""What records show that are written back to: values owed last, and what is dead about them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Insert, func, select
from sqlalchemy.orm import Session

from bridge.db import dialect, insert_into
from bridge.ledger.tables import ShadowRow
from bridge.outbox.tables import SET_ASIDE, DeliveryRow, State, spelled
from bridge.rows import put

OWED = "write_back"  # in place of a link id: what we owed last
RULE = "source:"  # how the rule of a write-back's own delivery begins


class Shown:
    """Reads each record once, many at a time; what is remembered is written together."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._owed: dict[str, dict[str, Any]] = {}
        self._dead: dict[str, DeliveryRow | None] = {}
        self._news: dict[tuple[str, str], dict[str, Any]] = {}

    def fetch(self, refs: Collection[str], subjects: Collection[str]) -> None:
        """Read what was owed to these records, and what is dead about these subjects."""
        self._read_owed(set(refs))
        self._read_dead(set(subjects))

    def owed(self, ref: str) -> Mapping[str, Any]:
        """By field: the value owed last."""
        self._read_owed({ref})
        return self._owed[ref]

    def remember(self, ref: str, values: Mapping[str, Any], now: datetime) -> None:
        """These values are owed now."""
        self._read_owed({ref})
        self._owed[ref] |= values
        for name, value in values.items():
            self._news[ref, name] = {
                "link_id": OWED,
                "ref": ref,
                "field": name,
                "value": value,
                "stamp": None,
                "seen_at": now,
            }

    def dead(self, subjects: Collection[str]) -> DeliveryRow | None:
        """The newest delivery about one of these that is dead, write-backs aside."""
        self._read_dead(set(subjects))
        found = [row for subject in subjects if (row := self._dead[subject]) is not None]
        return max(found, key=attrgetter("seq"), default=None)

    def write(self) -> None:
        """Store what was remembered, in one order, so that two nodes cannot wait for each other."""
        rows = [self._news[one] for one in sorted(self._news)]
        if not rows:
            return
        put(self._session, _upsert(dialect(self._session)), rows)
        self._news = {}

    def _read_owed(self, refs: set[str]) -> None:
        missing = refs - self._owed.keys()
        if not missing:
            return
        self._owed |= {ref: {} for ref in missing}
        query = select(ShadowRow.ref, ShadowRow.field, ShadowRow.value).where(
            ShadowRow.link_id == OWED, ShadowRow.ref.in_(sorted(missing))
        )
        for ref, name, value in self._session.execute(query):
            self._owed[ref][name] = value

    def _read_dead(self, subjects: set[str]) -> None:
        missing = subjects - self._dead.keys()
        if not missing:
            return
        self._dead |= dict.fromkeys(missing)
        newest = (
            select(func.max(DeliveryRow.seq))
            .where(
                DeliveryRow.subject.in_(sorted(missing)),
                DeliveryRow.state == State.DEAD,
                spelled(SET_ASIDE),
                DeliveryRow.rule.not_like(f"{RULE}%"),
            )
            .group_by(DeliveryRow.subject)
        )
        query = select(DeliveryRow).where(DeliveryRow.seq.in_(newest))
        self._dead |= {row.subject: row for row in self._session.scalars(query)}


@cache
def _upsert(dialect: str) -> Insert:
    new = insert_into(dialect, ShadowRow)
    told = {name: new.excluded[name] for name in ("value", "stamp", "seen_at")}
    keys = ["link_id", "ref", "field"]
    return new.on_conflict_do_update(index_elements=keys, set_=told)
