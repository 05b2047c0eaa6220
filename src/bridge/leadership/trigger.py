"""When a job is due: APScheduler's triggers, made so that every node computes the same times."""

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from bridge.errors import SettingError

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class Trigger(Protocol):
    """What APScheduler's triggers have in common."""

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None: ...


def every(interval: timedelta) -> Trigger:
    """At multiples of the interval since a fixed moment, not since this process started.

    Raises SettingError below one second.
    """
    seconds = int(interval.total_seconds())
    if seconds < 1:
        raise SettingError(f"a job runs every second at most, not every {interval}")
    made: Trigger = IntervalTrigger(seconds=seconds, start_date=_EPOCH, timezone=UTC)
    return made


def cron(expression: str, zone: str = "UTC") -> Trigger:
    """Five fields as in crontab, on the wall clocks of `zone` (IANA name).

    In the hour that a wall clock shows twice, a named hour counts once, the first time; `*` counts
    both. An hour that a wall clock skips counts when it would have been. Raises SettingError.
    """
    try:
        made: Trigger = CronTrigger.from_crontab(expression, timezone=ZoneInfo(zone))
    except (ValueError, KeyError, OSError) as error:
        raise SettingError(
            f"not a schedule: {expression!r} in {zone!r}; write it as in crontab, with five fields"
            " and a zone such as Europe/Berlin"
        ) from error
    return made


def following(trigger: Trigger, after: datetime) -> datetime | None:
    """The first time strictly after a moment, in UTC; `None` when there is none any more."""
    fire = trigger.get_next_fire_time(None, after.astimezone(UTC) + _TICK)
    while fire is not None and _second_showing(trigger, fire):
        fire = trigger.get_next_fire_time(None, fire.astimezone(UTC) + _TICK)
    return None if fire is None else fire.astimezone(UTC)


def latest(trigger: Trigger, *, after: datetime, until: datetime) -> datetime | None:
    """The last time after one moment and not after another; `None` when there was none.

    Found by halving, since a job that runs every second may have been missed for a month.
    """
    found = following(trigger, after)
    if found is None or found > until:
        return None
    low, high = found, until
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        fire = following(trigger, middle)
        if fire is not None and fire <= until:
            low = found = fire
        else:
            high = middle
    return found


def _second_showing(trigger: Trigger, fire: datetime) -> bool:
    """Whether a wall clock shows this named hour for the second time, after summer time ended."""
    if fire.fold == 0 or not isinstance(trigger, CronTrigger):
        return False
    fields = {field.name: str(field) for field in trigger.fields}
    return not fields["hour"].startswith("*")
