"""Replays: a plan first, then a run with that plan's id. `again` sends the frozen action once more,
`redecide` asks today's rules about the stored event.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.canonical.ids import random_id, stable_id
from bridge.db import ring
from bridge.errors import DeliveryError
from bridge.ledger import links
from bridge.ledger import store as ledger
from bridge.ledger.facts import Facts
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.tables import LinkState
from bridge.outbox import ordering, overtaken, store
from bridge.outbox.arming import arm
from bridge.outbox.cause import bury
from bridge.outbox.retry import FINDS_BEFORE_REPEAT
from bridge.outbox.search import Filter, select_deliveries
from bridge.outbox.tables import GOOD, OPEN, DeliveryRow, PlanRow, State
from bridge.pipeline.alarming import lift_dead
from bridge.pipeline.deciding import decide_again
from bridge.pipeline.earlier import dead_create, dead_link, end_dead, end_without_record
from bridge.pipeline.owing import Replay
from bridge.pipeline.world import World

MOST = 500
PLAN_LIVES = timedelta(hours=1)
CHUNK = 50


class ReplayMode(StrEnum):
    AGAIN = "again"
    REDECIDE = "redecide"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants replayed. `force` sends even where newer state went out since."""

    filter: Filter
    mode: ReplayMode = ReplayMode.AGAIN
    most: int = MOST
    force: bool = False
    new_write_key: bool = False
    why: str = ""


def plan(session: Session, world: World, wish: Wish, *, principal: str, now: datetime) -> PlanRow:
    """What a run would do, kept for an hour. Nothing is sent.

    What is under way is left out: it would be sent twice if it has ended well by the time of the run.
    To decide again is about events: those of the deliveries that fit, and the one that the filter
    names, which may have come to nothing so far.
    """
    query = select_deliveries(wish.filter).order_by(DeliveryRow.seq).limit(wish.most + 1)
    found = list(session.scalars(query))
    rows = [row for row in found[: wish.most] if row.state not in OPEN]
    counts = _counts(session, world, rows, more=len(found) > wish.most, now=now)
    counts["under_way"] = len(found[: wish.most]) - len(rows)
    redecides = wish.mode is ReplayMode.REDECIDE
    items = _events(session, wish.filter, rows) if redecides else [row.id for row in rows]
    made = PlanRow(
        id=random_id("rpl"),
        principal=principal,
        mode=wish.mode,
        filter=wish.filter.model_dump(mode="json", exclude_defaults=True),
        why=wish.why,
        options={"force": wish.force, "new_write_key": wish.new_write_key, "most": wish.most},
        counts={**counts, "events": len(items)} if redecides else counts,
        deliveries=items,
        created_at=now,
        expires_at=now + PLAN_LIVES,
    )
    session.add(made)
    session.flush()
    return made


def begin(session: Session, plan_id: str, *, now: datetime) -> PlanRow | None:
    """Start a planned run, or go on with one that was interrupted. `None`: not there, or too old."""
    found = session.get(PlanRow, plan_id, with_for_update=True)
    if found is None or found.state in {"done", "cancelled"}:
        return None
    if found.state == "planned" and found.expires_at < now:
        return None
    found.state = "running"
    ring(session, CHORES)
    return found


def advance(session: Session, world: World, plan_id: str) -> PlanRow | None:
    """Replay the next few of a running plan; its row, or `None` when it is not running."""
    found = session.get(PlanRow, plan_id, with_for_update=True)
    if found is None or found.state != "running":
        return None
    now = world.clock.now()
    chunk = found.deliveries[found.done : found.done + CHUNK]
    if found.mode == ReplayMode.REDECIDE:
        for event_id in chunk:
            redecide(session, world, event_id, found, now=now)
    else:
        for row in store.locked(session, store.by_id(session, chunk)):
            again(session, world, row, found, now=now)
    found.done += len(chunk)
    if found.done >= len(found.deliveries):
        found.state, found.finished_at = "done", now
    return found


def again(
    session: Session, world: World, row: DeliveryRow, run: PlanRow, *, now: datetime
) -> DeliveryRow | None:
    """Owe the frozen action once more, under the same write key unless a new one was asked for."""
    if row.state in OPEN:
        return None
    good = row.state in GOOD  # its replay is a row of its own, behind all that is owed by now
    newer = overtaken.newer(session, row, world.actions, or_open=good)
    if newer is not None and not run.options.get("force"):
        if not good:
            _give_way(session, world, row, newer, now)
        return None
    target = row if row.state not in GOOD | {State.SUPERSEDED} else _copy(session, row, run)
    _reset(session, world, target, run, now)
    session.flush()
    if target.state == State.PENDING:
        ordering.call_up(session, [target])
    return target


def redecide(session: Session, world: World, event_id: str, run: PlanRow, *, now: datetime) -> None:
    """A stored event under today's rules; what succeeded is not repeated."""
    stored = ledger.event(session, event_id)
    if stored is None or not stored.facts:
        return
    lock_with_linked(session, [stored.subject])
    decide_again(
        session,
        world,
        world.sets.active(session),
        ledger.as_event(stored),
        Facts.from_json(stored.facts),
        message_id=stored.message_id,
        replay=Replay(
            id=run.id,
            force=bool(run.options.get("force")),
            new_write_key=bool(run.options.get("new_write_key")),
        ),
        now=now,
    )


def _events(session: Session, wanted: Filter, rows: Sequence[DeliveryRow]) -> list[str]:
    named = wanted.event if wanted.event and ledger.event(session, wanted.event) else None
    return list(dict.fromkeys(one for one in (named, *(row.event_id for row in rows)) if one))


def _give_way(
    session: Session, world: World, row: DeliveryRow, newer: DeliveryRow, now: datetime
) -> None:
    row.state, row.superseded_by = State.SUPERSEDED, newer.id
    row.reason = f"{newer.id} has written newer state since"
    ordering.resettle(session, [row.ordering_key])
    lift_dead(session, world, row, now=now)


def _reset(session: Session, world: World, row: DeliveryRow, run: PlanRow, now: datetime) -> None:
    row.replay_id = run.id
    row.find_first, row.misses = True, FINDS_BEFORE_REPEAT - 1 if _surely_not_done(row) else 0
    row.tries = row.claims = 0
    row.expires_at = None
    row.finished_at = row.superseded_by = None
    row.not_before = now
    row.reason = f"replayed by {run.principal}"
    row.error_kind = row.error_code = row.error_group = ""
    if run.options.get("new_write_key"):
        row.write_key = stable_id("bridge", row.id, run.id)
        row.find_first = False
    _queue(session, world, row, now)


def _surely_not_done(row: DeliveryRow) -> bool:
    """Nothing of it can be at the vendor, so that one look is enough before it goes out again."""
    return row.state not in GOOD and not store.may_have_happened(row)


def _queue(session: Session, world: World, row: DeliveryRow, now: datetime) -> None:
    """Pending when everything it needs is there; else it waits again."""
    wanted = [*row.needs.values(), *([row.link_id] if row.link_id else [])]
    needed = links.by_id(session, wanted)
    if any(link not in needed for link in wanted):
        bury(row, "link_freed", "the link it needs was freed; use redecide", now=now)
        return
    gone = dead_link(needed[link] for link in row.needs.values())
    if gone is not None:
        end_without_record(row, gone, now=now)
        return
    missing = [link for link in row.needs.values() if needed[link].state != LinkState.LIVE]
    if missing:
        row.state = State.WAITING
        creating = dead_create(session, needed[missing[0]])
        if creating is not None:
            end_dead(row, creating, now=row.not_before)
        return
    results = {name: links.result(needed[link]) for name, link in row.needs.items()}
    try:
        arm(row, results, world.actions, bulk=world.bulk(row.connection))
    except DeliveryError as error:
        bury(row, error.code, str(error), now=now)


def _copy(session: Session, row: DeliveryRow, run: PlanRow) -> DeliveryRow:
    """A delivery that went well stays as it is; its replay is a row of its own, under the same write key."""
    values = {column.name: getattr(row, column.name) for column in DeliveryRow.__table__.columns}
    for name in ("seq", "result", "started_at", "finished_at"):
        values.pop(name)
    base = stable_id("dlv", row.id, run.id)
    copy = DeliveryRow(**{**values, "id": base, "uncertain": False, "created_at": run.created_at})
    session.add(copy)
    session.flush()
    return copy


def _counts(
    session: Session, world: World, rows: Sequence[DeliveryRow], *, more: bool, now: datetime
) -> dict[str, Any]:
    newer = sum(overtaken.newer(session, row, world.actions) is not None for row in rows)
    stale = sum(row.stale_at is not None and row.stale_at <= now for row in rows)
    good = sum(row.state in GOOD for row in rows)
    return {
        "deliveries": len(rows),
        "more": more,
        "by_connection": dict(Counter(row.connection for row in rows)),
        "by_rule": dict(Counter(row.rule for row in rows)),
        "by_state": dict(Counter(row.state for row in rows)),
        "newer_state": newer,
        "stale_cards": stale,
        "already_succeeded": good,
    }


def running(session: Session) -> list[str]:
    """Runs that are under way, here or on a node that is gone."""
    query = select(PlanRow.id).where(PlanRow.state == "running").order_by(PlanRow.created_at)
    return list(session.scalars(query))
