"""One limit of one connection as all nodes share it: what is used, what the vendor said, who takes how much.

Pure: a bucket is a value that a store keeps between two looks. Times are the vendor's seconds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.connectors.limits import Reading, Window
from bridge.outbox.budgets import counted, share
from bridge.outbox.budgets.counted import Counts
from bridge.outbox.budgets.share import Shares

RATE_SECONDS = 5.0  # windows up to this are shared as rates; longer ones are taken in slices
SCARCE = 4  # a slice is this part of what is left at most, so that others have some too
RECENT_SECONDS = 600.0  # over which "the present rate" is taken
MARK_SECONDS = 30.0  # at least between two readings that tell how fast it goes


@dataclass(kw_only=True)
class Told:
    """What the vendor said last. `since`: what we took after that; `left` of `None` was not said."""

    limit: int | None
    left: int | None
    seconds: float
    at: float
    resets_at: float | None = None
    since: int = 0


@dataclass(kw_only=True)
class Bucket:
    """`windows` are the settings' and are not stored; all else is.

    out     by node: the slice it has, from when to when, and how many
    closed  until when the vendor takes no more, and `why`; 0: it does
    probed  until when one call alone tries whether it does again
    rate    spends a second of late, at `rated_at`; `drain`: how fast the vendor's own number sinks
    """

    windows: tuple[Window, ...] = ()
    counts: dict[float, Counts] = field(default_factory=dict)  # by the window's seconds
    shares: dict[float, Shares] = field(default_factory=dict)
    told: Told | None = None
    out: dict[str, tuple[float, float, int]] = field(default_factory=dict)
    closed: float = 0.0
    why: str = ""
    probed: float = 0.0
    rate: float = 0.0
    rated_at: float = 0.0
    drain: float = 0.0
    mark: tuple[int, float] | None = None  # what was left, when

    @property
    def wide(self) -> list[Window]:
        """Windows that are counted."""
        return [one for one in self._windows() if one.seconds > RATE_SECONDS]

    @property
    def narrow(self) -> list[Window]:
        """Windows that are shared as rates."""
        return [one for one in self._windows() if one.seconds <= RATE_SECONDS]

    @property
    def unlimited(self) -> bool:
        """Nothing is known that would have to be kept."""
        return not self._windows() and not self.closed and self.told is None

    def counts_itself(self, window: Window) -> bool:
        """The vendor counts this window, and nobody set one of that length: its number is enough."""
        told = self.told
        counted_there = (
            told is not None and told.left is not None and told.seconds == window.seconds
        )
        return counted_there and all(one.seconds != window.seconds for one in self.windows)

    def _windows(self) -> list[Window]:
        """The settings' and the vendor's; of two of one length the narrower."""
        found = {one.seconds: one.most for one in self.windows}
        told = self.told
        if told and told.limit is not None and told.seconds:
            found[told.seconds] = min(told.limit, found.get(told.seconds, told.limit))
        return [Window(most=most, seconds=seconds) for seconds, most in sorted(found.items())]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One node wants a slice, and says what became of its last one, which ran until `until`."""

    node: str
    want: int
    paces: Mapping[float, int] = field(default_factory=dict)  # by narrow window: calls wanted in it
    spent: int = 0
    unspent: int = 0
    until: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What a node may spend by itself until then: so many, of which `ordinary` need not be urgent.

    `None`: as many as it likes, within `paces`. `again`: when there is more if this is not enough.
    """

    tokens: int | None
    ordinary: int | None
    paces: tuple[Window, ...]
    until: float
    again: float
    closed: bool = False


def take(bucket: Bucket, ask: Ask, *, reserve: float, now: float, hold: float) -> Slice:
    """A slice for `hold` seconds. What is not spent by then is void, unless its node says so first.

    `reserve` is the part of each quota that ordinary spends leave alone. After the vendor was
    closed one call goes first: it may still be.
    """
    _give_back(bucket, ask)
    bucket.out = {node: had for node, had in bucket.out.items() if had[1] > now}
    _rate(bucket, ask.spent, now)
    shut = max(bucket.closed, bucket.probed)
    if now < shut:
        return _nothing(now, again=shut, closed=True)
    until = now + hold
    half_open = bucket.closed > 0
    want = 1 if half_open else ask.want
    bucket.closed, bucket.why, bucket.probed = 0.0, "", until if half_open else 0.0
    left, ordinary, again = _left(bucket, reserve, now)
    paces = tuple(_paces(bucket, ask, now=now, until=until))
    if left is None:
        only = 1 if half_open else None
        return Slice(tokens=only, ordinary=only, paces=paces, until=until, again=now)
    tokens = min(want, max(1, left // SCARCE), left) if left > 0 else 0
    for window in bucket.wide:
        counts = bucket.counts.setdefault(window.seconds, {})
        counted.forget(counts, window.seconds, now)
        counted.add(counts, window.seconds, until, tokens)
    bucket.out[ask.node] = (now, until, tokens)
    if bucket.told:
        bucket.told.since += tokens
    return Slice(
        tokens=tokens,
        ordinary=max(0, min(tokens, ordinary)),
        paces=paces,
        until=until,
        again=max(now, again),
    )


def read(bucket: Bucket, reading: Reading, *, at: float) -> None:
    """What an answer of that moment said. Of several the newest counts, and the longest closing."""
    if reading.closed_for is not None and at + reading.closed_for > bucket.closed:
        bucket.closed, bucket.why = at + reading.closed_for, reading.why
    if reading.limit is None and reading.left is None:
        return
    if bucket.told and bucket.told.at > at:
        return
    bucket.told = Told(
        limit=reading.limit if reading.limit is not None else _limit(bucket),
        left=reading.left,
        seconds=reading.seconds,
        at=at,
        resets_at=None if reading.resets_in is None else at + reading.resets_in,
        since=sum(tokens for _, until, tokens in bucket.out.values() if until > at),
    )
    _mark(bucket, reading.left, at)


def told_left(told: Told, now: float) -> int | None:
    """What the vendor's number is by now. A window that rolls gives back evenly what it held."""
    if told.left is None:
        return None
    if told.resets_at is not None:
        if now < told.resets_at:
            return told.left - told.since
        return told.limit
    age = now - told.at
    if told.limit is None:
        return told.left - told.since if age < told.seconds else None
    back = (told.limit - told.left) * min(1.0, age / told.seconds) if told.seconds else 0
    return min(told.limit, told.left + int(back)) - told.since


def kept_back(window: Window, reserve: float) -> int:
    """How many of a quota only urgent spends may have."""
    return math.ceil(window.most * reserve) if window.is_quota else 0


def _left(bucket: Bucket, reserve: float, now: float) -> tuple[int | None, int, float]:
    """What is left for all, for ordinary spends, and when there will be more. `None`: no end of it."""
    lefts: list[tuple[int, int]] = []
    again = now
    for window in bucket.wide:
        if bucket.counts_itself(window):
            continue
        counts = bucket.counts.get(window.seconds, {})
        left = window.most - counted.used(counts, window.seconds, now)
        lefts.append((left, left - kept_back(window, reserve)))
        again = max(again, counted.opens_at(counts, window, now))
    told = bucket.told
    said = told_left(told, now) if told else None
    if told and said is not None:
        full = Window(most=told.limit or 0, seconds=told.seconds)
        lefts.append((said, said - kept_back(full, reserve)))
        if said < 1:
            again = max(again, told.resets_at or now)
    if not lefts:
        return None, 0, now
    return max(0, min(one for one, _ in lefts)), max(0, min(one for _, one in lefts)), again


def _paces(bucket: Bucket, ask: Ask, *, now: float, until: float) -> list[Window]:
    return [
        Window(
            most=share.take(
                bucket.shares.setdefault(window.seconds, {}),
                window,
                ask.node,
                want=ask.paces.get(window.seconds, ask.want),
                now=now,
                until=until,
            ),
            seconds=window.seconds,
        )
        for window in bucket.narrow
    ]


def _nothing(now: float, *, again: float, closed: bool) -> Slice:
    return Slice(tokens=0, ordinary=0, paces=(), until=now, again=again, closed=closed)


def _give_back(bucket: Bucket, ask: Ask) -> None:
    """What it did not spend. What it did the vendor's number knows, if that is newer."""
    began, _, tokens = bucket.out.pop(ask.node, (0.0, 0.0, 0))
    if bucket.told:
        known = tokens if bucket.told.at > began else ask.unspent
        bucket.told.since = max(0, bucket.told.since - known)
    for window in bucket.wide:
        counts = bucket.counts.get(window.seconds)
        if counts and ask.unspent:
            counted.add(counts, window.seconds, ask.until, -ask.unspent)


def _rate(bucket: Bucket, spent: int, now: float) -> None:
    bucket.rate = present_rate(bucket, now) + spent / RECENT_SECONDS
    bucket.rated_at = now


def present_rate(bucket: Bucket, now: float) -> float:
    """Our own spends a second; what is long ago weighs less and less."""
    return bucket.rate * math.exp(-max(0.0, now - bucket.rated_at) / RECENT_SECONDS)


def _mark(bucket: Bucket, left: int | None, at: float) -> None:
    """How fast the vendor's number sinks: others may spend it too."""
    if left is None:
        return
    if bucket.mark is None or at < bucket.mark[1]:
        bucket.mark = (left, at)
    elif at - bucket.mark[1] >= MARK_SECONDS:
        before, since = bucket.mark
        bucket.drain = (bucket.drain + (before - left) / (at - since)) / 2
        bucket.mark = (left, at)


def _limit(bucket: Bucket) -> int | None:
    return bucket.told.limit if bucket.told else None
