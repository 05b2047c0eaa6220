"""One connection's limits on one node. Every call to the vendor passes here, whoever makes it.

A call is admitted from what this node has in its purses; when one is empty or too old, all that are
are filled by one short transaction. What the vendor says of its limits is kept with the next one,
or at once when it takes no more.
"""

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.clock import Clock
from bridge.connectors.connected import Connected
from bridge.connectors.limits import CALLS, Limit, Reading, Scope, Window, standard
from bridge.db import Database
from bridge.errors import OverBudget
from bridge.outbox.budgets import bucket, codec, store
from bridge.outbox.budgets.bucket import RATE_SECONDS, Ask, Bucket, Slice
from bridge.outbox.budgets.purse import Purse
from bridge.outbox.budgets.share import SLACK
from bridge.outbox.budgets.store import Key

HOLD_SECONDS = 2.0  # real ones, or the vendor's if those are shorter: how long a slice lasts
LEAST_HOLD_SECONDS = 0.25  # real ones, however fast the vendor's time goes
USED_SECONDS = 30.0  # real ones: a purse that was used since is filled with the others
AWAY_SECONDS = 1.0  # until another try, when the database does not answer

log = structlog.get_logger()
_ordinary: ContextVar[bool] = ContextVar("bridge_ordinary_call", default=False)


@contextmanager
def priority(*, urgent: bool) -> Iterator[None]:
    """Calls of this thread in the block. Only ordinary ones leave the reserve alone.

    Outside of such a block a call may use it: nobody knows whether what a record is read for is
    urgent, before it is read.
    """
    token = _ordinary.set(not urgent)
    try:
        yield
    finally:
        _ordinary.reset(token)


@dataclass(frozen=True, kw_only=True)
class Room:
    """How many calls may begin now: ordinary ones, and urgent ones.

    `scarce`: ordinary ones before the rest must wait for more than a moment.
    """

    ordinary: int
    urgent: int
    scarce: int


@dataclass(kw_only=True)
class Till:
    """`scale`: a second of the vendor's in our seconds, as in a demo."""

    connected: Connected
    database: Database
    clock: Clock
    node: str
    scale: float = 1.0
    _purses: dict[Key, Purse] = field(default_factory=dict)
    _used: dict[Key, float] = field(default_factory=dict)  # by purse: when it was last wanted
    _heard: dict[Key, tuple[Reading, float]] = field(default_factory=dict)  # to be kept
    _learned: set[str] = field(default_factory=set)  # limits that only the vendor names
    _narrower: dict[Key, int] = field(default_factory=dict)  # told and kept
    _now: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @cached_property
    def record_paces(self) -> tuple[Window, ...]:
        """The vendor's limits on the writes of one record, in our seconds."""
        return tuple(
            Window(most=one.most, seconds=one.seconds * SLACK * self.scale)
            for limit in self.connected.limits.values()
            if limit.scope is Scope.RECORD
            for one in limit.windows
        )

    def admit(self, method: str, path: str, part: str) -> None:
        """Before a call. Raises OverBudget with the seconds until there may be room for it."""
        urgent = not _ordinary.get()
        with self._lock:
            keys, now = self._keys(method, path, part), self._time()
            self._used.update(dict.fromkeys(keys, now))
            purses = {key: self._purse(key) for key in keys}
            if any(one.stale(now) for one in purses.values()):
                self._fill(now)
            empty = {key: one for key, one in purses.items() if one.can(now, urgent=urgent) < 1}
            if empty:
                raise self._over(empty, now, urgent=urgent)
            for one in purses.values():
                one.spend(now, urgent=urgent)

    def answered(self, response: httpx.Response, part: str) -> None:
        """What the vendor says of its limits. A fault of ours here must not lose an answer."""
        try:
            readings = self._reader(response, self.clock.now())
            if readings:
                with self._lock:
                    self._hear(readings, part)
        except Exception as error:  # noqa: BLE001  (the call was made, and its answer counts)
            name = self.connected.name
            log.warning("budget.not_read", connection=name, error=type(error).__name__)

    def refresh(self) -> None:
        """Fill what is too old, before anything is claimed."""
        with self._lock:
            now = self._time()
            if any(one.stale(now) for key, one in self._purses.items() if self._in_use(key, now)):
                self._fill(now)

    def opens_in(self) -> float | None:
        """Our seconds until more may begin, where something was turned away."""
        with self._lock:
            now = self._time()
            short = [one.opens_in(now) for one in self._purses.values() if one.short]
            return min(short) * self.scale if short else None

    def room(self) -> Room | None:
        """Of the whole connection; `None`: nobody knows before asking.

        What is closed for some of its calls alone is met by those.
        """
        with self._lock:
            now = self._time()
            whole = {
                key: one
                for key, one in self._purses.items()
                if not key[0] and not (now < one.closed and self._is_class(key[1]))
            }
            return self._room(whole, now)

    def parts(self) -> Mapping[str, Room]:
        """By part: of those that this node knows about now."""
        with self._lock:
            now = self._time()
            names = sorted({part for part, _ in self._purses if part})
            found = {
                name: self._room(
                    {key: one for key, one in self._purses.items() if key[0] == name}, now
                )
                for name in names
            }
            return {name: room for name, room in found.items() if room}

    def _room(self, purses: Mapping[Key, Purse], now: float) -> Room | None:
        known = [
            one
            for key, one in purses.items()
            if self._in_use(key, now) and not one.stale(now) and one.slice is not None
        ]
        if not known:
            return None
        for one in known:
            one.short = one.short or one.can(now, urgent=False) < 1
        return Room(
            ordinary=min(one.can(now, urgent=False) for one in known),
            urgent=min(one.can(now, urgent=True) for one in known),
            scarce=min(one.scarce(now) for one in known),
        )

    def _keys(self, method: str, path: str, part: str) -> list[Key]:
        """The limits that a call counts against; a part's own only where it is known which."""
        keys = []
        for name in dict.fromkeys([*self._charged(method, path), *sorted(self._learned)]):
            of_part = self._limit(name).scope is Scope.PART
            if part or not of_part:
                keys.append((part if of_part else "", name))
        return keys

    def _hear(self, readings: Collection[Reading], part: str) -> None:
        now = self._time()
        closing = False
        for reading in readings:
            key = (part if self._limit(reading.name).scope is Scope.PART else "", reading.name)
            purse = self._purse(key)
            closing = self._shut(purse, reading, now) or closing
            worth = self._worth(key, reading, purse, now)
            if worth is None:
                continue
            self._heard[key] = (worth, now)
            if reading.name not in self.connected.limits:
                self._learned.add(reading.name)
            _bound(purse, worth)
        if closing:
            self._fill(now)

    def _shut(self, purse: Purse, reading: Reading, now: float) -> bool:
        if reading.closed_for is None:
            return False
        purse.closed = max(purse.closed, now + reading.closed_for)
        purse.asks_at = max(purse.asks_at, min(purse.closed, now + USED_SECONDS))
        return True

    def _worth(self, key: Key, reading: Reading, purse: Purse, now: float) -> Reading | None:
        """What of it is worth keeping: of a burst only its limit, once. Its counter is out of date
        when it is read.
        """
        if not 0 < reading.seconds <= RATE_SECONDS:
            return reading
        if reading.left == 0:
            purse.closed = max(purse.closed, now + reading.seconds)
        known = {one.seconds: one.most for one in self._limit(key[1]).windows}
        least = min(known.get(reading.seconds, 0), self._narrower.get(key, 1 << 40))
        if reading.limit is None or reading.limit >= least:
            return None
        self._narrower[key] = reading.limit
        return replace(reading, left=None)

    def _fill(self, now: float) -> None:
        """One short transaction for all purses that need it, and for what was heard."""
        stale = [
            key for key, one in self._purses.items() if one.stale(now) and self._in_use(key, now)
        ]
        try:
            with self.database.reading() as session:
                known = store.states(session, self.connected.name)
            self._learned |= {name for _, name in known if name not in self.connected.limits}
            kept = {key for key in stale if key in known or self._limit(key[1]).windows}
            for key in set(stale) - kept - set(self._heard):
                self._purse(key).got(self._endless(now), now)
            if kept or self._heard:
                self._share({*kept, *self._heard}, stale, now)
        except SQLAlchemyError as error:
            raise OverBudget(
                f"{self.connected.name}: the database did not say what is left of its limits",
                code="over_budget",
                retry_after=AWAY_SECONDS,
            ) from error

    def _share(self, keys: Collection[Key], stale: Collection[Key], now: float) -> None:
        at = self.clock.now()
        asks = {key: self._purse(key).ask(self.node, now) for key in stale if key in keys}
        heard = {key: self._heard[key] for key in self._heard if key in keys}
        slices: dict[Key, Slice] = {}
        with self.database.transaction() as session:
            rows = store.locked(session, self.connected.name, keys, now=at)
            buckets = []
            for row in rows:
                key = (row.part, row.name)
                one = codec.load(row.state, self._limit(row.name).windows)
                if key in heard:
                    reading, when = heard[key]
                    bucket.read(one, reading, at=when)
                if key in asks:
                    slices[key] = self._slice(one, asks[key], now)
                buckets.append(one)
            store.keep(rows, buckets, now=at)
        for key in heard:
            del self._heard[key]
        for key, taken in slices.items():
            self._purse(key).got(taken, now)

    def _slice(self, one: Bucket, ask: Ask, now: float) -> Slice:
        reserve = self.connected.settings.reserve
        return bucket.take(one, ask, reserve=reserve, now=now, hold=self._hold)

    def _over(self, empty: Mapping[Key, Purse], now: float, *, urgent: bool) -> OverBudget:
        wait = max(purse.wait(now) for purse in empty.values()) * self.scale
        part, name = min(empty)
        of = f"{self.connected.name}, {part.replace(':', ' ')}" if part else self.connected.name
        spare = "" if urgent or empty[part, name].can(now, urgent=True) < 1 else " but its reserve"
        text = f"{of}: nothing is left of its limit `{name}`{spare}; it goes when there is more"
        return OverBudget(text, code="over_budget", retry_after=wait)

    def _endless(self, now: float) -> Slice:
        until = now + self._hold
        return Slice(tokens=None, ordinary=None, paces=(), until=until, again=now)

    def _time(self) -> float:
        """The vendor's seconds. A clock that is set back makes what we have worthless."""
        now = self.clock.now().timestamp() / self.scale
        if now < self._now - 1.0:
            for one in self._purses.values():
                one.lost()
        self._now = now
        return now

    @property
    def _hold(self) -> float:
        return max(HOLD_SECONDS, LEAST_HOLD_SECONDS / self.scale)

    def _in_use(self, key: Key, now: float) -> bool:
        return now - self._used.get(key, -1e18) < USED_SECONDS / self.scale

    def _purse(self, key: Key) -> Purse:
        return self._purses.setdefault(key, Purse())

    def _limit(self, name: str) -> Limit:
        return self.connected.limits.get(name) or Limit(name=name)

    def _is_class(self, name: str) -> bool:
        """A limit of some of the calls, which lasts for moments: the burst of one method, say."""
        windows = self._limit(name).windows
        return (
            name != CALLS and bool(windows) and all(one.seconds <= RATE_SECONDS for one in windows)
        )

    def _reader(self, response: httpx.Response, at: datetime) -> Collection[Reading]:
        known = self.connected.connector.limits
        return known.read(response, at) if known else standard(response, at)

    def _charged(self, method: str, path: str) -> Collection[str]:
        known = self.connected.connector.limits
        return known.charged(method, path) if known else (CALLS,)


def _bound(purse: Purse, reading: Reading) -> None:
    """This node spends no more than the vendor says is left; where it knew of no limit, it asks."""
    had = purse.slice
    if had is None or reading.left is None:
        return
    if had.tokens is None:
        purse.slice, purse.asks_at = None, 0.0
    else:
        purse.slice = replace(had, tokens=min(had.tokens, purse.spent + reading.left))
