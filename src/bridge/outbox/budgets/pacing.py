"""Limits on the writes of one record: its ordering key counts them, and waits when there were enough.

The writes of a record go one at a time, so the key's own row is the place: no other row is written.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.connectors.limits import Window
from bridge.outbox.budgets import counted
from bridge.outbox.tables import OrderingKeyRow


def count(key: OrderingKeyRow, windows: Sequence[Window], *, now: datetime) -> None:
    """One more write, just now. The caller has locked the key."""
    at = now.timestamp()
    kept, opens = {}, at
    for window in windows:
        had = (key.writes or {}).get(str(window.seconds), {})
        counts = {int(slot): writes for slot, writes in had.items()}
        counted.forget(counts, window.seconds, at)
        counted.add(counts, window.seconds, at, 1)
        opens = max(opens, counted.opens_at(counts, window, at))
        kept[str(window.seconds)] = {str(slot): writes for slot, writes in counts.items()}
    key.writes = kept
    key.not_before = now + timedelta(seconds=opens - at) if opens > at else None
