"""Replays and backfills that somebody has paused: while one rests, half of what was asked for is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.alarms import store as alarms
from bridge.inbox.tables import BackfillRow
from bridge.pipeline.backfill.wish import State
from bridge.replays.tables import ReplayRow, ReplayState

FORGOTTEN = timedelta(hours=4)  # so long, and it is not resting, but forgotten
WORDS = ("replay", "backfill")


@dataclass(frozen=True, kw_only=True)
class Resting:
    """One that is paused. `what`: `replay` or `backfill`."""

    what: str
    id: str
    since: datetime
    done: int
    total: int


def resting(session: Session) -> Sequence[Resting]:
    """All that are paused now."""
    replays = select(ReplayRow.id, ReplayRow.not_before, ReplayRow.done, ReplayRow.total).where(
        ReplayRow.state == ReplayState.PAUSED
    )
    past = select(
        BackfillRow.id, BackfillRow.not_before, BackfillRow.done, BackfillRow.total
    ).where(BackfillRow.state == State.PAUSED)
    return [
        Resting(what=what, id=row[0], since=row[1], done=row[2], total=row[3])
        for what, query in zip(WORDS, (replays, past), strict=True)
        for row in session.execute(query).all()
    ]


def counts(found: Sequence[Resting]) -> Mapping[str, int]:
    """How many of each, also where there is none."""
    return {what: sum(one.what == what for one in found) for what in WORDS}


def remind(session: Session, *, link: str, now: datetime) -> None:
    """One alarm for each that was paused long ago; `recovery` lifts it when it goes on or is over."""
    for one in resting(session):
        if now - one.since < FORGOTTEN:
            continue
        go_on, end = (f"bridge {one.what}s {verb} {one.id}" for verb in ("resume", "cancel"))
        alarms.lower(
            session,
            f"resting:{one.id}",
            kind="resting",
            text=f"the {one.what} {one.id} is paused since {one.since:%Y-%m-%d %H:%M} UTC,"
            f" after {one.done} of {one.total}",
            remedy=f"{go_on}; or, if the rest is not wanted any more: {end}",
            link=f"{link}/{one.what}s/{one.id}",
            now=now,
        )


def over(session: Session, ident: str) -> str:
    """Why its alarm is over; empty while it rests."""
    still = any(one.id == ident for one in resting(session))
    return "" if still else f"{ident} is paused no more"
