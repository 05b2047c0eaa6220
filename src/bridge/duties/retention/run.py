"""One run of retention: step after step, chunk after chunk."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from bridge.clock import Clock
from bridge.db import Database
from bridge.duties.retention import alerts, audits, deliveries, history, work
from bridge.duties.retention.cut import CHUNK, Cut, Done
from bridge.settings import Retention

LEAST_CHUNK = 50
LONG_SECONDS, SHORT_SECONDS = 0.04, 0.01  # of one transaction: others write as well
MOST_ROUNDS = 2_000  # of chunks in one run; a run that stops here goes on with the next
MOST_SECONDS = 10.0  # the leader's clock does nothing else meanwhile

Step = Callable[[Session, Cut], Done]


def thin(
    database: Database,
    keep: Retention,
    clock: Clock,
    *,
    chunk: int = CHUNK,
    rounds: int = MOST_ROUNDS,
) -> int:
    """One run: chunk after chunk, each in a transaction of its own; how many rows went.

    A class of which a step finds less than a chunk is done for this run. A chunk that took long is
    followed by smaller ones.
    """
    cut = Cut(keep=keep, now=clock.now(), chunk=chunk)
    until = clock.monotonic() + MOST_SECONDS
    behind, total = list(STEPS), 0
    for _ in range(rounds):
        still = []
        for step in behind:
            began, asked = clock.monotonic(), cut.chunk
            with database.transaction() as session:
                done = step(session, cut)
            cut.chunk = _fitting(asked, clock.monotonic() - began, most=chunk)
            total += done.gone
            if done.looked >= asked:
                still.append(step)
        behind = still
        if not behind or clock.monotonic() >= until:
            break
    return total


def _fitting(chunk: int, seconds: float, *, most: int) -> int:
    """How many rows to take next, when so many took that long."""
    if seconds > LONG_SECONDS:
        return max(min(LEAST_CHUNK, most), chunk // 2)
    return min(most, chunk * 2) if seconds < SHORT_SECONDS else chunk


STEPS: tuple[Step, ...] = (
    history.bodies,
    deliveries.exchanges,
    deliveries.attempts,
    history.events,
    deliveries.lone_deliveries,
    history.messages,
    history.changes,
    alerts.audits,
    deliveries.holds,
    history.seen,
    work.plans,
    work.replays,
    work.adoptions,
    work.backfills,
    alerts.alarms,
    deliveries.uses,
    alerts.alerts,
    alerts.alert_groups,
    alerts.alert_cards,
    alerts.silences,
    alerts.counterparts,
    audits.differences,
    audits.drifts,
    history.identities,
)
