"""What one node has of one bucket, and how it spends it. Pure; times are the vendor's seconds."""

from collections import deque
from dataclasses import dataclass, field

from bridge.connectors.limits import Window
from bridge.outbox.budgets.bucket import Ask, Slice
from bridge.outbox.budgets.share import SLACK

FIRST = 8  # calls of a first slice
FEW = 4  # calls in a window that a node which hardly calls keeps for itself
MOST = 2_000
GAP_SECONDS = 0.05  # between two questions for more, when there was some
POOR_SECONDS = 0.5  # when there was none
LONG_SECONDS = 15.0  # however long nothing comes: a person may lift the limit
ENDLESS = 1_000_000
MOMENT = 5.0  # seconds of a window that is worth waiting for


@dataclass(kw_only=True)
class Purse:
    """`closed`: until when this vendor takes no more, as far as this node knows."""

    slice: Slice | None = None
    spent: int = 0
    spent_ordinary: int = 0
    want: int = FIRST
    short: bool = False  # somebody was turned away since the last question
    modest: bool = False  # the last question was not for all there is
    closed: float = 0.0
    asks_at: float = 0.0
    recent: dict[float, deque[float]] = field(default_factory=dict)  # spends by narrow window

    def stale(self, now: float) -> bool:
        """Whether it has to ask before it knows what it may spend, and may ask now."""
        return now >= self.asks_at and (
            self.slice is None
            or now >= self.slice.until
            or self._poor(self.slice)
            or (self.short and self.modest and bool(self.slice.paces))
        )

    def can(self, now: float, *, urgent: bool) -> int:
        """How many calls may begin now."""
        if self.slice is None or now >= self.slice.until or now < self.closed:
            return 0
        tokens = self._left(self.slice, urgent=urgent)
        paces = [one.most - self._count(one, now) for one in self.slice.paces]
        return max(0, min([tokens, *paces]))

    def scarce(self, now: float) -> int:
        """How many ordinary calls may begin, as far as the limit itself is short for a while.

        What this node asked for and did not get is short, and what it took but little of is not; nor
        is a burst, which is over in a moment.
        """
        if self.slice is None or now >= self.slice.until or now < self.closed:
            return 0
        had = self.slice
        whole = had.tokens is None or had.tokens >= self.want
        tokens = ENDLESS if whole else self._left(had, urgent=False)
        slow = [] if self.modest else [one for one in had.paces if one.seconds > MOMENT]
        return max(0, min([tokens, *(one.most - self._count(one, now) for one in slow)]))

    def spend(self, now: float, *, urgent: bool) -> None:
        """One call begins."""
        self.spent += 1
        self.spent_ordinary += not urgent
        for one in self.slice.paces if self.slice else ():
            self.recent.setdefault(one.seconds, deque()).append(now)

    def wait(self, now: float) -> float:
        """After it could not: seconds until it may be worth another try."""
        self.short = True
        return self.opens_in(now)

    def opens_in(self, now: float) -> float:
        """The same for one that only looks."""
        if now < self.closed:
            return self.closed - now
        full = [
            self.recent[one.seconds][0] + one.seconds * SLACK
            for one in (self.slice.paces if self.slice else ())
            if 0 < one.most <= self._count(one, now)
        ]
        return max(GAP_SECONDS, max([self.asks_at if not full else now, *full]) - now)

    def ask(self, node: str, now: float) -> Ask:
        """The question, with what became of the last slice. More is wanted the faster it went."""
        had = self.slice
        spent_all = had is not None and had.tokens is not None and 0 < had.tokens <= self.spent
        grown = 2 * self.want if spent_all else 2 * self.spent
        self.want = max(FIRST, min(MOST, grown))
        self.modest = not self.short
        paces = {
            one.seconds: ENDLESS if self.short else max(FEW, 2 * self._count(one, now))
            for one in (had.paces if had else ())
        }
        unspent = max(0, had.tokens - self.spent) if had and had.tokens is not None else 0
        return Ask(
            node=node,
            want=self.want,
            paces=paces,
            spent=self.spent,
            unspent=unspent,
            until=had.until if had else 0.0,
        )

    def got(self, slice_: Slice, now: float) -> None:
        """The answer."""
        self.slice, self.spent, self.spent_ordinary, self.short = slice_, 0, 0, False
        if slice_.closed:
            self.closed = max(self.closed, slice_.again)
        if slice_.closed or self._poor(slice_):
            later = max(now + POOR_SECONDS, slice_.again)
            self.asks_at = min(later, now + LONG_SECONDS)
        else:
            self.asks_at = now + GAP_SECONDS

    def lost(self) -> None:
        """The clock was set back: what was known rests on a time that is not."""
        self.slice, self.asks_at, self.closed = None, 0.0, 0.0
        self.recent.clear()

    def _left(self, had: Slice, *, urgent: bool) -> int:
        if had.tokens is None:
            return ENDLESS
        left = had.tokens - self.spent
        return left if urgent else min(left, (had.ordinary or 0) - self.spent_ordinary)

    def _poor(self, had: Slice) -> bool:
        """Nothing is left of it, or its share of a rate is none."""
        gone = had.tokens is not None and self.spent >= had.tokens
        return gone or any(one.most < 1 for one in had.paces)

    def _count(self, pace: Window, now: float) -> int:
        spends = self.recent.get(pace.seconds, deque())
        while spends and spends[0] <= now - pace.seconds * SLACK:
            spends.popleft()
        return len(spends)
