"""What one node knows of the use of rules: as the database said last, and what it has added since.

Whatever is added here is exact at once for this node; others hear of it when it is flushed.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.canonical.caps import number
from bridge.pipeline.caps.store import Written
from bridge.pipeline.caps.use import HOUR, SLICE, Place, Use, Weighed, part

RECORDS = 20_000  # of which a node knows how often it wrote to them; of more, the oldest go
ASKS = 4  # parts of the cap of a record: after each the database is asked what others wrote
EXAMPLES = 3
FLUSH_SECONDS = 60.0  # so long at most a node keeps to itself what it has written
_NOTHING = Use()


@dataclass(kw_only=True)
class _Record:
    """When one step wrote to one record, as far as this node knows; how often since it asked."""

    times: list[datetime] = field(default_factory=list)
    since_asked: int = 0


@dataclass(kw_only=True)
class Tally:
    """Safe to share among threads."""

    _base: dict[str, Use] = field(default_factory=dict)  # by rule, in the last hour
    _own: dict[str, Use] = field(default_factory=dict)  # not flushed yet
    _most: dict[str, int] = field(default_factory=dict)  # to one record, of what is not flushed
    _examples: dict[str, deque[str]] = field(default_factory=dict)  # deliveries, the last ones
    _records: OrderedDict[Place, _Record] = field(default_factory=OrderedDict)
    _much: bool = False
    _flushed: float | None = None  # monotonic seconds
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def with_one_more(self, one: Weighed) -> Use:
        """The use of its rule in the last hour, with this delivery."""
        with self._lock:
            rule = one.row.rule
            return self._base.get(rule, _NOTHING) + self._own.get(rule, _NOTHING) + one.use

    def knows(self, rule: str, base: Use | None) -> None:
        """The database has been asked about a rule."""
        with self._lock:
            self._base[rule] = base or _NOTHING

    def times(self, one: Weighed, *, now: datetime) -> list[datetime]:
        """When its step wrote to its record in the last hour, this delivery included."""
        with self._lock:
            record = self._record(one.place)
            record.times = [at for at in record.times if at > now - HOUR]
            return [*record.times, now]

    def is_near(self, one: Weighed, more: int, *, now: datetime) -> bool:
        """Whether so many more to its record may be too many, or others may write there as well."""
        cap = number(one.caps.per_record)
        with self._lock:
            record = self._record(one.place)
            recent = sum(at > now - HOUR for at in record.times)
            return recent + more > cap or record.since_asked + more >= part(cap, ASKS)

    def knows_times(self, place: Place, times: Sequence[datetime]) -> None:
        """The database has been asked about a record."""
        with self._lock:
            self._records[place] = _Record(times=list(times))

    def add(self, one: Weighed, *, now: datetime) -> None:
        """It goes out."""
        rule = one.row.rule
        with self._lock:
            record = self._record(one.place)
            record.times.append(now)
            record.since_asked += 1
            own = self._own[rule] = self._own.get(rule, _NOTHING) + one.use
            self._most[rule] = max(self._most.get(rule, 0), len(record.times))
            self._examples.setdefault(rule, deque(maxlen=EXAMPLES)).append(one.row.id)
            self._much |= own.writes >= part(number(one.caps.writes_per_hour), SLICE)

    def examples(self, rule: str) -> list[str]:
        """The last deliveries of a rule that this node let go, the newest first."""
        with self._lock:
            return list(self._examples.get(rule, ()))[::-1]

    @property
    def much(self) -> bool:
        """Whether some rule has a slice of its cap that others have not heard of."""
        return self._much

    def is_due(self, monotonic: float) -> bool:
        """Whether others should hear of what this node has added."""
        with self._lock:
            if self._flushed is None:
                self._flushed = monotonic
            return bool(self._own) and (self._much or monotonic - self._flushed >= FLUSH_SECONDS)

    def take(self, monotonic: float) -> dict[str, Written]:
        """What was added and is flushed now."""
        with self._lock:
            taken = {
                rule: Written(use=use, most=self._most[rule]) for rule, use in self._own.items()
            }
            self._own, self._most = {}, {}
            self._much, self._flushed = False, monotonic
            for rule, one in taken.items():  # until the database says it itself
                self._base[rule] = self._base.get(rule, _NOTHING) + one.use
            return taken

    def put_back(self, taken: Mapping[str, Written]) -> None:
        """It could not be flushed: it is due at once."""
        with self._lock:
            self._much = True
            for rule, one in taken.items():
                self._base[rule] = self._base.get(rule, _NOTHING) - one.use
                self._own[rule] = self._own.get(rule, _NOTHING) + one.use
                self._most[rule] = max(self._most.get(rule, 0), one.most)

    def rebase(self, base: Mapping[str, Use]) -> None:
        """The database has been asked about all rules."""
        with self._lock:
            self._base = dict(base)

    def _record(self, place: Place) -> _Record:
        record = self._records.pop(place, None) or _Record()
        self._records[place] = record
        while len(self._records) > RECORDS:
            self._records.popitem(last=False)
        return record
