"""Shadows of a transaction's links: what each end showed when its pair of fields agreed last."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Insert, select
from sqlalchemy.orm import Session

from bridge.db import dialect, insert_into
from bridge.ledger.link_moves import INSTEAD
from bridge.ledger.tables import ShadowRow
from bridge.rows import put
from bridge.rules.reading import UNKNOWN
from bridge.rules.same import plain

WAS = "$was"  # in place of a value: the trace of one that the record does not show any more
WROTE = "$wrote"  # around a value that we wrote, until the record has been shown since
_DIGEST = 12  # bytes


@dataclass(frozen=True)
class Shadow:
    """`stamp`: the vendor's, of the record that showed it; of what we wrote, when that began."""

    value: Any
    seen_at: datetime
    stamp: datetime | None

    @property
    def is_written(self) -> bool:
        return isinstance(self.value, Mapping) and WROTE in self.value

    @property
    def is_inherited(self) -> bool:
        """The record has taken another's place; that one has agreed, or was given this."""
        return isinstance(self.value, Mapping) and INSTEAD in self.value

    @property
    def bare(self) -> Any:
        if self.is_inherited:
            return Shadow(self.value[INSTEAD], self.seen_at, self.stamp).bare
        return self.value[WROTE] if self.is_written else self.value


class Shadows:
    """Reads each link once, many at a time; what is remembered is written together."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, dict[tuple[str, str], Shadow]] = {}
        self._news: dict[tuple[str, str, str], dict[str, Any]] = {}

    def fetch(self, links: Collection[str]) -> None:
        """Read the shadows of these links."""
        missing = set(links) - self._known.keys()
        if not missing:
            return
        self._known |= {link: {} for link in missing}
        query = select(ShadowRow).where(ShadowRow.link_id.in_(sorted(missing)))
        for row in self._session.scalars(query):
            self._known[row.link_id][row.ref, row.field] = Shadow(row.value, row.seen_at, row.stamp)

    def of(self, link: str, ref: str, field: str) -> Any:
        """The shadow of one field at one end; `UNKNOWN` where there is none."""
        found = self._of(link, ref, field)
        return UNKNOWN if found is None else found.bare

    def inherited(self, link: str, ref: str, field: str) -> bool:
        """Whether it is that of a record whose place this one has taken."""
        found = self._of(link, ref, field)
        return found is not None and found.is_inherited

    def written(self, link: str, ref: str, field: str) -> Shadow | None:
        """What we wrote, as long as nobody has shown what became of it."""
        found = self._of(link, ref, field)
        return found if found is not None and found.is_written else None

    def remember(
        self,
        link: str,
        ref: str,
        field: str,
        value: Any,
        *,
        stamp: datetime | None = None,
        now: datetime,
    ) -> None:
        """This is the shadow now."""
        self.fetch([link])
        self._known[link][ref, field] = Shadow(value, now, stamp)
        self._news[link, ref, field] = {
            "link_id": link,
            "ref": ref,
            "field": field,
            "value": value,
            "stamp": stamp,
            "seen_at": now,
        }

    def _of(self, link: str, ref: str, field: str) -> "Shadow | None":
        self.fetch([link])
        return self._known[link].get((ref, field))

    def write(self) -> None:
        """Store what was remembered, in one order, so that two nodes cannot wait for each other."""
        rows = [self._news[one] for one in sorted(self._news)]
        if rows:
            put(self._session, _upsert(dialect(self._session)), rows)
            self._news = {}


def trace(value: Any) -> str:
    """What tells whether a value is still the same, and nothing else of it."""
    told = orjson.dumps(_listed(plain(value)), option=orjson.OPT_SORT_KEYS)
    return blake2b(told, digest_size=_DIGEST).hexdigest()


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _listed(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_listed(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


@cache
def _upsert(dialect: str) -> Insert:
    new = insert_into(dialect, ShadowRow)
    told = {name: new.excluded[name] for name in ("value", "stamp", "seen_at")}
    keys = ["link_id", "ref", "field"]
    return new.on_conflict_do_update(index_elements=keys, set_=told)
