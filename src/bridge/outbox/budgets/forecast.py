"""How a limit stands, and when it would run out at the present rate. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.connectors.limits import Window
from bridge.outbox.budgets import counted, share
from bridge.outbox.budgets.bucket import Bucket, Told, kept_back, present_rate, told_left

VENDOR, OURS = "vendor", "counted"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One window of a limit. Times are the vendor's seconds; `source`: who says what is used.

    runs_out_at  when nothing but the reserve would be left; `None`: never, at this rate
    """

    window: Window
    used: int
    left: int
    reserve: int
    resets_at: float | None
    runs_out_at: float | None
    source: str


def standings(bucket: Bucket, *, reserve: float, now: float) -> Iterator[Standing]:
    """Each window of a bucket, the narrowest first."""
    for window in bucket.narrow:
        using = share.in_use(bucket.shares.get(window.seconds, {}), window, now)
        yield _standing(bucket, window, window.most - using, now, reserve=reserve)
    for window in bucket.wide:
        counts = bucket.counts.get(window.seconds, {})
        ours = 0 if bucket.counts_itself(window) else counted.used(counts, window.seconds, now)
        left = window.most - ours
        told = bucket.told if bucket.told and bucket.told.seconds == window.seconds else None
        yield _standing(bucket, window, left, now, reserve=reserve, told=told)


def _standing(
    bucket: Bucket,
    window: Window,
    left: int,
    now: float,
    *,
    reserve: float,
    told: Told | None = None,
) -> Standing:
    said = told_left(told, now) if told else None
    by_vendor = said is not None and said <= left
    left = max(0, min(left, window.most, said if said is not None else left))
    resets_at = told.resets_at if told and told.resets_at and told.resets_at > now else None
    kept = kept_back(window, reserve)
    return Standing(
        window=window,
        used=window.most - left,
        left=left,
        reserve=kept,
        resets_at=resets_at,
        runs_out_at=_runs_out(bucket, window, left - kept, now, resets_at=resets_at),
        source=VENDOR if by_vendor else OURS,
    )


def _runs_out(
    bucket: Bucket, window: Window, left: int, now: float, *, resets_at: float | None
) -> float | None:
    """A rolling window gives back as it was used; one that resets gives back nothing before that."""
    if not window.is_quota:
        return None
    if left <= 0:
        return now
    back = 0.0 if resets_at else (window.most - left) / window.seconds
    speed = max(present_rate(bucket, now) - back, bucket.drain)
    if speed <= 0:
        return None
    at = now + left / speed
    return at if at < (resets_at or now + window.seconds) else None
