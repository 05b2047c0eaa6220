"""What is used of a sliding window, counted in slots of time. Pure; times are seconds.

A spend is counted at the end of its slot, so that it is forgotten late and never early: no window
of any beginning holds more than was allowed.
"""

from bridge.connectors.limits import Window

SLOTS = 20  # of a window: the price is a window that seems 5 % longer than it is
Counts = dict[int, int]  # by slot


def add(counts: Counts, seconds: float, at: float, spends: int) -> None:
    """So many spends at or before this moment; a negative number takes back what was not spent."""
    slot = int(at // _width(seconds))
    counts[slot] = max(0, counts.get(slot, 0) + spends)
    if counts[slot] == 0:
        del counts[slot]


def used(counts: Counts, seconds: float, now: float) -> int:
    """What a window that ends now may hold."""
    return sum(count for slot, count in counts.items() if _ends(slot, seconds) > now - seconds)


def forget(counts: Counts, seconds: float, now: float) -> None:
    """Drop what no window can hold any more."""
    for slot in [one for one in counts if _ends(one, seconds) <= now - seconds]:
        del counts[slot]


def opens_at(counts: Counts, window: Window, now: float) -> float:
    """When one more would fit; `now` if it does."""
    over = used(counts, window.seconds, now) - window.most
    at = now
    for slot in sorted(counts):
        if over < 0:
            break
        gone = _ends(slot, window.seconds) + window.seconds
        if gone > now:
            over -= counts[slot]
            at = gone
    return at


def _width(seconds: float) -> float:
    return seconds / SLOTS


def _ends(slot: int, seconds: float) -> float:
    return (slot + 1) * _width(seconds)
