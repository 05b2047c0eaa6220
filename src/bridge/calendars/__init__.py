"""Business calendars: when people work, in which zone, and what `1 business day` is. Pure.

Declared in `bridge.yaml` under `calendars:`. Whatever names none goes by the one called `default`.
"""

from bridge.calendars.calendar import Calendar
from bridge.calendars.settings import (
    DEFAULT,
    CalendarName,
    Calendars,
    CalendarSettings,
    calendars,
)
from bridge.calendars.span import Span

__all__ = [
    "DEFAULT",
    "Calendar",
    "CalendarName",
    "CalendarSettings",
    "Calendars",
    "Span",
    "calendars",
]
