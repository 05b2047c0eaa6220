"""What is due becomes an event: once, by whoever leads, however often it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bridge.canonical.event import Event, Origin, event_id
from bridge.canonical.ref import Ref
from bridge.canonical.timed import STALLED, UNANSWERED
from bridge.errors import RuleError
from bridge.ledger.facts import Due
from bridge.ledger.latest import Latest, comments_on
from bridge.ledger.lock import lock_with_linked
from bridge.pipeline.deciding import decide_event
from bridge.pipeline.timing.planning import standing
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet
from bridge.rules.timing import LATE, Timing
from bridge.timers import store
from bridge.timers.store import Key, Timer

CHUNK = 50
AGAIN = timedelta(minutes=10)  # after no event could be made
RESTS_ON_COMMENTS = frozenset({STALLED, UNANSWERED})

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Come:
    """A timer whose time has come, with the record as it stands now."""

    timer: Timer
    timing: Timing
    record: Latest

    def event(self, now: datetime) -> Event:
        """The fact. It happened when it was due, or when we heard of what made it due."""
        timer, record = self.timer, self.record
        subject = Ref.parse(record.ref)
        version = f"{timer.rule}@{timer.since.isoformat()}"
        return Event(
            id=event_id(subject, timer.event, version),
            connection=subject.connection,
            subject=subject,
            kind=timer.event,
            version=version,
            occurred_at=self.at,
            recorded_at=now,
            origin=Origin.CLOCK,
            customer=record.customer,
            project=record.project,
            record=record.data,
            schema_version=record.schema_version,
        )

    @property
    def at(self) -> datetime:
        return max(self.timer.due_at, self.timer.planned_at)

    def due(self, now: datetime) -> Due:
        late = now - self.at > LATE
        return self.timing.due(self.timer.since, self.timer.due_at, now=now, late=late)


def fire(world: World, *, limit: int = CHUNK) -> int:
    """Make events of the next few that are due, in one transaction; how many were looked at.

    If that fails each is tried alone, and the one that fails alone is looked at again later.
    """
    with world.database.reading() as session:
        keys = store.due(session, now=world.clock.now(), limit=limit)
    if not keys:
        return 0
    try:
        _fire(world, keys)
    except RuleError:
        raise
    except Exception:
        log.exception("timers.failed", count=len(keys))
        for key in keys:
            _fire_alone(world, key)
    return len(keys)


def _fire_alone(world: World, key: Key) -> None:
    try:
        _fire(world, [key])
    except Exception:  # one must not keep the others from theirs
        log.exception("timers.put_off", record=key[0], rule=key[1])
        with world.database.transaction() as session:
            store.postpone(session, key, until=world.clock.now() + AGAIN)


def _fire(world: World, keys: Sequence[Key]) -> None:
    now = world.clock.now()
    with world.database.transaction() as session:
        rules = world.sets.active(session)
        refs = sorted({record for record, _ in keys})
        work = Work(session, world, locked=lock_with_linked(session, refs))
        known = store.of_records(session, refs)  # under the lock: it may have moved
        waiting = [known[key] for key in keys if key in known and known[key].due_at <= now]
        work.known.fetch(refs)
        come = [one for timer in waiting if (one := _come(work, rules, timer, now)) is not None]
        work.ledger.foresee([one.event(now).id for one in come])
        for one in come:
            _tell(work, world, rules, one, now)
        work.write()


def _come(work: Work, rules: RuleSet, timer: Timer, now: datetime) -> Come | None:
    """Whether it is so still, by the rules and the record of now; what is to come later is planned anew."""
    work.timers.drop(timer.record, timer.rule)
    record = work.known.record(timer.record)
    timing = rules.timing(timer.rule)
    if record is None or timing is None or timing.kind != record.kind:
        return None
    comments = (
        comments_on(work.session, [timer.record]) if timing.event in RESTS_ON_COMMENTS else ()
    )
    since = timing.since(standing(record, comments))
    at = None if since is None else timing.at(since)
    if since is None or at is None:
        return None
    found = Timer(
        record=timer.record,
        rule=timer.rule,
        event=timing.event,
        since=since,
        due_at=at,
        planned_at=timer.planned_at,
    )
    if at > now:
        work.timers.put(found)
        return None
    return Come(timer=found, timing=timing, record=record)


def _tell(work: Work, world: World, rules: RuleSet, come: Come, now: datetime) -> None:
    event = come.event(now)
    if not work.ledger.first_time(event, now=now):
        return
    work.ledger.add(event, source=None, message_id=None)
    decide_event(
        work,
        world,
        rules,
        event,
        before=dict(come.record.data),
        message_id=None,
        now=now,
        due=come.due(now),
    )
    world.metrics.recorded(event.kind, event.origin)
