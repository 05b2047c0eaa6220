"""What time will make an event of, planned in the transaction that applies the fact it rests on."""

from collections.abc import Iterable
from datetime import datetime

from bridge.canonical.event import Act, Origin
from bridge.canonical.timed import DUE_SOON, UNANSWERED
from bridge.ledger.latest import Latest
from bridge.ledger.store import Applied
from bridge.pipeline.work import Work
from bridge.rules.ruleset import RuleSet
from bridge.rules.timing import Standing, Timing, answers, instant_of
from bridge.timers.store import Timer


def plan(work: Work, rules: RuleSet, applied: Applied, *, now: datetime) -> None:
    """Plan, move and cancel what this fact says of its record. Costs nothing where no rule asks."""
    record = applied.record
    if record is None or not rules.timings:
        return
    event = applied.event
    if event.record_kind == "comment" and event.act != Act.DELETED and answers(record.data):
        _answered(work, rules, record.parent)
    # What a backfill brings was so before; of a record that is known, somebody might have told it.
    past = event.origin is Origin.BACKFILL
    old = past or (applied.was is None and event.act != Act.CREATED)
    was = None if applied.was is None else standing(applied.was)
    for timing in rules.timings.get(event.record_kind, ()):
        before = None if was is None else timing.since(was)
        since = timing.since(standing(record))
        if since == before:
            continue
        timer = None if since is None else timer_of(timing, record.ref, since, now=now, old=old)
        if timer is not None:
            work.timers.put(timer)
        elif before is not None:
            work.timers.drop(record.ref, timing.rule)


def timer_of(
    timing: Timing, record: str, since: datetime, *, now: datetime, old: bool
) -> Timer | None:
    """What is to come of a moment. `old`: the record, or the rule, is new to us, and the moment is not."""
    at = timing.at(since)
    if at is None or timing.moot(since, now=now):
        return None
    if at <= now and old and not (timing.tells_existing or timing.event == DUE_SOON):
        return None
    return Timer(
        record=record, rule=timing.rule, event=timing.event, since=since, due_at=at, planned_at=now
    )


def standing(record: Latest, comments: Iterable[Latest] = ()) -> Standing:
    """What time looks at. Of a record that is older than its times are kept: when it was last told."""
    said = [(_written(one), answers(one.data)) for one in comments]
    created = instant_of(record.data.get("created_at")) or record.created_at or record.seen_at
    return Standing(
        data=record.data,
        created_at=created,
        status_at=record.status_at,
        changed_at=record.changed_at or record.stamp,
        heard_at=max((at for at, _ in said), default=None),
        answered_at=max((at for at, answer in said if answer), default=None),
        gone=record.deleted_at is not None,
    )


def _answered(work: Work, rules: RuleSet, parent: str | None) -> None:
    for timing in rules.timings.get("feedback", ()):
        if timing.event == UNANSWERED and parent is not None:
            work.timers.drop(parent, timing.rule)


def _written(comment: Latest) -> datetime:
    return instant_of(comment.data.get("created_at")) or comment.created_at or comment.seen_at
