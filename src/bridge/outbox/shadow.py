"""What would change nothing is not sent: what our last write left at its record, while it counts. Pure.

It stands in the row of the ordering key, which every claim reads and every end writes. It counts for
the very next claim of that key alone: whoever had the key in between, be it a call without an answer,
a worker that died or a node of an older version, has moved the fence on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson

from bridge.canonical.ref import Ref
from bridge.errors import Malformed

FRESH_SECONDS = 15 * 60.0  # so long a record is believed to be as we wrote it
SLACK = timedelta(minutes=1)  # how far the clocks of nodes and vendors may be apart
_DIGEST = 12  # bytes
_NAMES = ("ref", "by", "fence", "at", "fields")
_NOBODY = -2  # a fence that no claim follows


@dataclass(frozen=True, kw_only=True, slots=True)
class Shadow:
    """One write that went well: at this record, by this delivery, of these fields. `at`: its start.

    Of the values there are hashes, which tell whether others are the same, and nothing else.
    """

    ref: str
    by: str
    fields: Mapping[str, str]
    fence: int = _NOBODY
    at: float = 0.0

    @classmethod
    def of(cls, ref: Ref, by: str, sets: Mapping[str, Any], *, manner: str = "") -> "Shadow | None":
        """`None`: there is a value that cannot be compared. `manner`: how the values were set."""
        try:
            fields = {name: _hash(by, manner, name, value) for name, value in sets.items()}
        except TypeError:
            return None
        return cls(ref=str(ref), by=by, fields=fields)

    @classmethod
    def read(cls, text: str | None) -> "Shadow | None":
        return cls(**orjson.loads(text)) if text else None

    def text(self) -> str:
        told = (self.ref, self.by, self.fence, self.at, self.fields)
        return orjson.dumps(dict(zip(_NAMES, told, strict=True))).decode()

    def under(self, fence: int, *, at: datetime) -> "Shadow":
        """It was written under this fence, by a call that began at this time."""
        return replace(self, fence=fence, at=at.timestamp())

    def still(self, fence: int) -> "Shadow":
        """Nothing was sent under this fence either."""
        return replace(self, fence=fence)

    def counts(self, fence: int, *, now: datetime, seconds: float) -> bool:
        """Whether it is the newest that was done with the key, and fresh."""
        return self.fence == fence - 1 and 0 <= now.timestamp() - self.at <= seconds

    def is_in_doubt(self, before: "Shadow") -> bool:
        """Whether a write under another key may have come after this one. `before`: what the key had."""
        return not before.fields and self.at <= before.at + SLACK.total_seconds()

    def says(self, sets: Mapping[str, Any], *, manner: str = "") -> bool:
        """Whether these fields would get the values that they were given last, in the same manner."""
        try:
            return bool(sets) and all(
                self.fields.get(name) == _hash(self.by, manner, name, value)
                for name, value in sets.items()
            )
        except TypeError:
            return False


def doubt(by: str, *, at: datetime) -> Shadow:
    """In place of a write: the record was written under another key, by this delivery."""
    return Shadow(ref="", by=by, fields={}, at=at.timestamp())


def names(connection: str, ref: str) -> frozenset[str]:
    """The ordering keys that a record with this ref has, by the ways in which an id names it."""
    try:
        record = Ref.parse(ref)
    except Malformed:
        return frozenset()
    told = (ref, f"{record.kind}:{record.id}", record.id)
    return frozenset(f"{connection}|{one}" for one in told)


def _hash(by: str, manner: str, name: str, value: Any) -> str:
    told = orjson.dumps((by, manner, name, value), option=orjson.OPT_SORT_KEYS)
    return blake2b(told, digest_size=_DIGEST).hexdigest()
