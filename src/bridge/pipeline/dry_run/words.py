"""A dry-run's report in sentences, the same in a terminal and in a pull request."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bridge.canonical import duration
from bridge.pipeline.dry_run.report import (
    Calls,
    Count,
    Example,
    FieldChange,
    Quota,
    Report,
    RuleReport,
)

NAMES = {  # of the examples, in the order in which they are shown
    "errors": "cannot be evaluated",
    "newly_matched": "newly matched",
    "no_longer_matched": "no longer matched",
    "changed": "changed",
    "added": "added",
    "removed": "removed",
}


def verdict(report: Report) -> str:
    """The one line that everybody reads."""
    owed = report.deliveries
    if not report.differs:
        return f"No difference: {owed.then:,} deliveries as they were decided."
    return (
        f"{owed.added:,} deliveries added, {owed.removed:,} removed, {owed.changed:,} changed;"
        f" {owed.then:,} were owed, {owed.now:,} would be."
    )


def compared(report: Report) -> Iterator[str]:
    """What was compared with what."""
    against = "what was decided then" if report.against == "then" else "the active rules"
    yield (
        f"Set {report.candidate} against {against}, {_time(report.since)} to"
        f" {_time(report.until)} UTC."
    )
    events = report.events
    yield (
        f"{events.compared:,} events compared; without any rule that matches:"
        f" {events.unmatched_then:,} then, {events.unmatched_now:,} now."
    )
    for reason, many in events.skipped.items():
        yield f"{many:,} events could not be compared: {reason}."
    for one in report.unlike_examples[:1]:
        yield f"{report.unlike:,} events come out otherwise today, as {one.event}: {one.what}."


def records_line(report: Report) -> str:
    """How many records are written to."""
    then, now = _count(report.records_then), _count(report.records_now)
    return f"records written to: {then} then, {now} now, {_count(report.records_differ)} otherwise"


def example_line(one: Example) -> str:
    """One event with the reason, or the fields that change."""
    who = f"{one.record or one.subject} {one.kind} {_time(one.occurred_at)}"
    step = f", {step_of(one)}" if one.step else ""
    why = f": {one.reason}" if one.reason else ""
    fields = "".join(f"; {field_line(field)}" for field in one.fields)
    return f"{who}{step}{why}{fields} ({one.event})"


def step_of(one: Example) -> str:
    """The step with its action, which is its name where it has no other."""
    return one.step if one.step == one.action else f"{one.step} ({one.action})"


def field_line(one: FieldChange, code: Callable[[str], str] = str) -> str:
    """What a field was and is; of a delivery that is on one side alone, what it is there."""
    sides = [code(side) for side in (one.then, one.now) if side is not None]
    return f"{code(one.name)}: {' → '.join(sides)}"


def outcomes_line(one: RuleReport) -> Iterator[str]:
    """What became of the deliveries of then."""
    if one.outcomes:
        counted = ", ".join(f"{state} {many:,}" for state, many in one.outcomes.items())
        yield f"what became of those of then: {counted}"


def calls_line(one: Calls) -> str:
    unknown = "" if one.quotas else "; no quota is known"
    return f"{one.connection}: {one.then:,} then, {one.now:,} now{unknown}"


def quota_line(one: Quota) -> str:
    """The busiest stretch of a quota, and the share it takes."""
    return (
        f"{one.part or one.name}, {one.limit:,} in {_length(one.window_seconds)}: at the busiest {one.busiest_then:,}"
        f" ({one.share_then:.1%}) then, {one.busiest_now:,} ({one.share_now:.1%}) now"
    )


def both(then: int, now: int) -> str:
    """A number that changes, or not."""
    return f"{now:,}" if then == now else f"{then:,} → {now:,}"


def _count(one: Count) -> str:
    return f"{one.count:,}" if one.exact else f"about {one.count:,}"


def _length(seconds: float) -> str:
    return duration.text(timedelta(seconds=round(seconds)))


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
