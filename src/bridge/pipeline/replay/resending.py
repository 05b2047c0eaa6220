"""Mode `again`: the frozen action is owed once more, or gives way to what is newer."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.ids import stable_id
from bridge.outbox import ordering
from bridge.outbox.retry import FINDS_BEFORE_REPEAT
from bridge.outbox.tables import GOOD, DeliveryRow, State
from bridge.pipeline.after import say_on_records
from bridge.pipeline.alarming import lift_dead
from bridge.pipeline.replay.judging import Judge, Verdict, Will, needs_copy, surely_not_done
from bridge.pipeline.replay.placing import copy_of, place
from bridge.pipeline.world import World


def resend(session: Session, world: World, judge: Judge, row: DeliveryRow) -> Verdict:
    """Do with a locked delivery what is to be done with it now; which was it."""
    verdict = judge.judge(row)
    if verdict.newer is not None and row.state not in GOOD:
        _give_way(session, world, row, verdict, judge.now)
    if verdict.will in {Will.SEND, Will.WAIT, Will.REPEAT, Will.DEAD}:
        _owe(session, world, judge, _copy(session, row, judge) if needs_copy(row) else row)
    elif verdict.will is Will.NEWER and verdict.sent is not None:
        _owe(session, world, judge, _copy(session, verdict.sent, judge))
    return verdict


def _owe(session: Session, world: World, judge: Judge, row: DeliveryRow) -> None:
    """Under the same write key, unless a new one was asked for."""
    new_key = bool(judge.run.options.get("new_write_key"))
    renew(row, judge.run.id, new_key=new_key, now=judge.now)
    place(session, world, row, sent=judge.sent, now=judge.now)
    session.flush()
    if row.state == State.PENDING:
        ordering.call_up(session, [row])


def renew(row: DeliveryRow, replay_id: str, *, new_key: bool = False, now: datetime) -> None:
    """As if it had never been tried, but that it is looked for first."""
    row.replay_id = replay_id
    row.find_first, row.misses = True, FINDS_BEFORE_REPEAT - 1 if surely_not_done(row) else 0
    row.tries = row.claims = 0
    row.expires_at = None
    row.finished_at = row.superseded_by = None
    row.not_before = now
    row.error_kind = row.error_code = row.error_group = ""
    if new_key:
        row.write_key = stable_id("bridge", row.id, replay_id)
        row.find_first = False


def _copy(session: Session, row: DeliveryRow, judge: Judge) -> DeliveryRow:
    copy = copy_of(row, stable_id("dlv", row.id, judge.run.id))
    copy.created_at = judge.now
    session.add(copy)
    session.flush()
    return copy


def _give_way(
    session: Session, world: World, row: DeliveryRow, verdict: Verdict, now: datetime
) -> None:
    assert verdict.newer is not None
    row.state, row.superseded_by = State.SUPERSEDED, verdict.newer.id
    row.reason = verdict.note
    ordering.resettle(session, [row.ordering_key])
    lift_dead(session, world, row, now=now)
    say_on_records(session, world, row, now=now)
