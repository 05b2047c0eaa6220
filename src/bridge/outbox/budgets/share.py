"""Limits over a second or two: too short to take slices of, so each node has a share of the rate.

A share is kept by its node alone, with a count of its own of the last window. Shares that any one
window may meet are never more than the limit together. Pure; times are seconds.
"""

from dataclasses import dataclass, field

from bridge.connectors.limits import Window

SLACK = 1.1  # of a window: calls arrive less evenly than they are sent
AHEAD_SECONDS = 60.0  # a share that would last longer was given by a clock that has been set back


@dataclass(kw_only=True)
class Held:
    """What one node may do in any window: so many until then. What it had before counts for a while."""

    want: int = 0
    shares: list[tuple[int, float]] = field(default_factory=list)  # share, until when


Shares = dict[str, Held]  # by node


def take(shares: Shares, window: Window, node: str, *, want: int, now: float, until: float) -> int:
    """This node's share until then, instead of what it had; 0 if the others have it all for now.

    One that wants more than its fair part gets what the others leave. What they have is theirs
    until it runs out, and for a window longer: they may have just used it.
    """
    _forget(shares, window, now)
    others = {name: held for name, held in shares.items() if name != node}
    taken = sum(max((share for share, _ in held.shares), default=0) for held in others.values())
    awake = [held.want for held in others.values() if held.shares[-1][1] > now]
    fair = max(1, window.most // (len(awake) + 1))
    left = max(fair, window.most - sum(min(one, fair) for one in awake))
    share = max(0, min(want, left, window.most - taken))
    mine = shares.setdefault(node, Held())
    mine.want = want
    mine.shares = [(had, min(end, now)) for had, end in mine.shares]
    mine.shares.append((share, until))
    return share


def in_use(shares: Shares, window: Window, now: float) -> int:
    """What the nodes may do in a window that ends now, together."""
    _forget(shares, window, now)
    return sum(max(share for share, _ in held.shares) for held in shares.values())


def _forget(shares: Shares, window: Window, now: float) -> None:
    for name, held in list(shares.items()):
        held.shares = [
            (most, until)
            for most, until in held.shares
            if until + window.seconds * SLACK > now and until < now + AHEAD_SECONDS
        ]
        if not held.shares:
            del shares[name]
