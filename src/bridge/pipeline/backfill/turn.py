"""When it is a backfill's turn: behind polls and deliveries of its system, within its share of quotas."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.connectors.limits import QUOTA_SECONDS
from bridge.inbox.tables import BackfillRow
from bridge.outbox import store as outbox
from bridge.outbox.budgets.views import LimitView
from bridge.pipeline.asking import Later
from bridge.pipeline.backfill import pacing
from bridge.pipeline.backfill.pacing import Quota
from bridge.pipeline.backfill.place import Place
from bridge.pipeline.backfill.wish import Wish
from bridge.pipeline.polling import store as polls

QUEUE = 50  # deliveries that wait for a call: fewer are sent while a record is read


def stand_behind(session: Session, place: Place, *, now: datetime, until: datetime) -> None:
    """Raises Later while polls of this system are due, or many deliveries are."""
    name = place.connected.name
    polled = {one.id for one in place.rules.sources if one.connection == name and one.poll}
    if any(row.source in polled and row.due_at <= now for row in polls.rows(session)):
        raise Later(f"a poll of {name} goes first", until)
    if outbox.queued(session, name, now=now, most=QUEUE) >= QUEUE:
        raise Later(f"deliveries to {name} go first", until)


def quotas(views: Sequence[LimitView], *, now: datetime, scale: float = 1.0) -> list[Quota]:
    """What is left of a connection's quotas, as backfills count it."""
    found = []
    for view in views:
        seconds = view.window_seconds or 0.0
        if view.left is None or seconds < QUOTA_SECONDS:
            continue
        if view.resets_at is not None:
            seconds = max(0.0, (view.resets_at - now).total_seconds())
        else:
            seconds *= scale
        left = max(0, view.left - view.reserve)
        found.append(Quota(name=view.name, left=left, seconds=seconds))
    return found


def rest(found: Sequence[Quota], row: BackfillRow, wish: Wish, place: Place, *, made: int) -> float:
    """Seconds to rest after so many calls, for what is still to be read."""
    left = place.calls(row.total - row.done)
    return pacing.wait(found, share=wish.share, calls_left=left, made=made)
