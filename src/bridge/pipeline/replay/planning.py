"""A plan is made in steps: the next deliveries that fit, what a run would do with each, and the counts."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.db import ring
from bridge.ledger.tables import EventRow
from bridge.outbox.search import Filter, select_deliveries
from bridge.outbox.tables import OPEN, DeliveryRow
from bridge.pipeline.replay import counting, quotas
from bridge.pipeline.replay.counting import Counts
from bridge.pipeline.replay.following import of_delivery
from bridge.pipeline.replay.judging import FAULT, Judge, Verdict, Will
from bridge.pipeline.replay.redeciding import Decided, rehearse
from bridge.pipeline.replay.wish import ReplayMode, Wish
from bridge.pipeline.world import World
from bridge.replays import store
from bridge.replays.tables import ReplayItemRow, ReplayRow, ReplayState

CHUNK = 50
DECIDED = 10  # deliveries whose events are decided on trial in one step
AT_ONCE = 2  # steps before whoever asks is answered
LOOK = 20_000  # deliveries that a step passes over, where no index leads to what fits
EDITED = "edt_"  # how the replay id of a delivery begins whose values a person has changed


def plan(session: Session, world: World, wish: Wish, *, principal: str, now: datetime) -> ReplayRow:
    """What a run would do, kept for an hour. Nothing is sent.

    A long one is still `planning` when this returns, and goes on by itself. What is under way is
    left out: it would be sent twice if it has ended well by the time of the run. To decide again is
    about events: those of the deliveries that fit, and the one that the filter names, which may
    have come to nothing so far.
    """
    run = store.add(
        session,
        principal=principal,
        why=wish.why,
        mode=wish.mode,
        wanted=wish.filter.model_dump(mode="json", exclude_defaults=True),
        options=wish.options,
        now=now,
    )
    run.counts = counting.blank()
    run.newest = session.scalar(select(func.max(DeliveryRow.seq))) or 0
    if wish.mode.decides and wish.filter.event:
        one = select(EventRow).where(EventRow.id == wish.filter.event)
        _Step(session=session, world=world, run=run, now=now).events(session.scalars(one).all())
    for _ in range(AT_ONCE):
        if run.state == ReplayState.PLANNING:
            go_on(session, world, run, now=now)
    return run


def go_on(
    session: Session,
    world: World,
    run: ReplayRow,
    *,
    now: datetime,
    size: int = CHUNK,
    blind: bool = False,
) -> int:
    """Look at the next deliveries that fit; how many there were."""
    decides = ReplayMode(run.mode).decides
    rows, run.looked = _next(session, run, min(size, DECIDED) if decides else size)
    step = _Step(session=session, world=world, run=run, now=now, blind=blind)
    more = step.of_events(rows) if decides else step.deliveries(rows)
    if more or run.looked >= run.newest:
        _finish(session, world, run, more=more, now=now)
    else:
        ring(session, CHORES)
    return len(rows)


@dataclass(frozen=True, kw_only=True)
class _Step:
    """`blind`: nothing is judged, since that failed for a fault of ours: it is said, and passed over."""

    session: Session
    world: World
    run: ReplayRow
    now: datetime
    blind: bool = False

    def deliveries(self, rows: Sequence[DeliveryRow]) -> bool:
        """Items of mode `again`; whether there were more than are wanted."""
        counts = deepcopy(self.run.counts)
        judge = Judge(
            session=self.session,
            world=self.world,
            run=self.run,
            said=ReplayItemRow.will,
            now=self.now,
        )
        more = False
        for row in self._to_do(counts, rows):
            if self._is_full():
                more = True
                break
            counting.found(counts, row)
            self._judge(counts, judge, row)
        self.run.counts = counts
        return more

    def of_events(self, rows: Sequence[DeliveryRow]) -> bool:
        """The same for the events of deliveries, each once."""
        counts = deepcopy(self.run.counts)
        there = list(self._to_do(counts, rows))
        for row in there:
            counting.found(counts, row)
            counts["edited"] += row.replay_id.startswith(EDITED)
        self.run.counts = counts
        wanted = {row.event_id for row in there if row.event_id}
        query = select(EventRow).where(EventRow.id.in_(sorted(wanted))).order_by(EventRow.seq)
        return self.events(self.session.scalars(query).all() if wanted else ())

    def events(self, events: Sequence[EventRow]) -> bool:
        """Items of the other modes."""
        counts = deepcopy(self.run.counts)
        known = store.numbers(self.session, self.run.id, [one.seq for one in events])
        more = False
        for stored in events:
            if stored.seq in known:
                continue
            if self._is_full():
                more = True
                break
            it = self._rehearsed(stored)
            counting.decided(counts, it, self.world.actions)
            counting.followed(counts, it.follows, self._write_back_calls)
            owed, lane = [dict(line) for line in it.owed], counting.lane_of(it.owed)
            counting.in_lane(counts, lane)
            self._add(stored.seq, stored.id, it.will, lane=lane, note=it.note, owed=owed)
        counts["events"] = self.run.total
        self.run.counts = counts
        return more

    def _rehearsed(self, stored: EventRow) -> Decided:
        if self.blind:
            return Decided(will=Will.BROKEN, note=FAULT)
        return rehearse(self.session, self.world, self.run, stored, now=self.now)

    def _judge(self, counts: Counts, judge: Judge, row: DeliveryRow) -> None:
        verdict = Verdict(will=Will.BROKEN, note=FAULT) if self.blind else judge.judge(row)
        new_key = bool(self.run.options.get("new_write_key"))
        counting.judged(counts, verdict, self.world.actions, new_key=new_key, now=self.now)
        follows = of_delivery(self.session, self.world, row, verdict, new_key=new_key)
        counting.followed(counts, follows, self._write_back_calls)
        other = verdict.sent if verdict.will is Will.NEWER else None
        counting.in_lane(counts, row.connection)
        more = {"lane": row.connection, "note": verdict.note, "sends": other.seq if other else None}
        self._add(row.seq, row.id, verdict.will, **more)

    def _write_back_calls(self, connection: str) -> int:
        kind = self.world.actions.get(f"{self.world.connections[connection].system}.update_record")
        return kind.calls if kind else 1

    def _to_do(self, counts: Counts, rows: Sequence[DeliveryRow]) -> Iterator[DeliveryRow]:
        for row in rows:
            if row.state in OPEN:
                counting.left_out(counts, row)
            else:
                yield row

    def _is_full(self) -> bool:
        return self.run.total >= int(self.run.options["most"])

    def _add(self, number: int, what: str, will: Will, **more: object) -> None:
        self.session.add(
            ReplayItemRow(
                replay_id=self.run.id,
                number=number,
                what=what,
                will=will,
                did="",
                moved=False,
                **more,
            )
        )
        self.run.total += 1


def _next(session: Session, run: ReplayRow, size: int) -> tuple[Sequence[DeliveryRow], int]:
    """The next deliveries that fit, and up to where was looked."""
    wanted = Filter.model_validate(run.filter)
    end = run.newest if wanted.is_narrow else min(run.newest, run.looked + LOOK)
    query = select_deliveries(wanted).where(DeliveryRow.seq > run.looked, DeliveryRow.seq <= end)
    rows = session.scalars(query.order_by(DeliveryRow.seq).limit(size)).all()
    return rows, rows[-1].seq if len(rows) == size else end


def _finish(session: Session, world: World, run: ReplayRow, *, more: bool, now: datetime) -> None:
    """Nothing is left to look at: what all of it costs, and how fast it may go."""
    known = quotas.limits(session, world, now=now)
    run.counts = {
        **run.counts,
        "more": more,
        "quotas": quotas.quotas(run.counts, known, world),
        "least_seconds": round(quotas.least_seconds(run.counts, known), 1),
        "per_minute": quotas.per_minute(run.options.get("pace", {}), run.counts, known),
    }
    run.state, run.expires_at = ReplayState.PLANNED, now + store.PLAN_LIVES
