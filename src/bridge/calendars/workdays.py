"""Public holidays, and the days that are worked in their place, as the library `holidays` knows them.

Of China it knows the make-up workdays once they are announced (in the autumn, for the year that
follows); until then that year's list has the festivals alone.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays

LIBRARY = version("holidays")


@dataclass(frozen=True, kw_only=True)
class Year:
    """One year of one country: days off beside weekends, and weekend days that are worked."""

    off: frozenset[date]
    worked: frozenset[date]
    weekend: frozenset[int]  # Monday is 0


@lru_cache(maxsize=1_000)
def year(country: str, subdivision: str | None, number: int) -> Year:
    """Raises NotImplementedError for a place that the library does not know.

    Built whole and kept: the library's own object fills itself while it is read, and threads share us.
    """
    found = holidays.country_holidays(
        country, subdiv=subdivision, years=(number - 1, number, number + 1), expand=False
    )
    return Year(
        off=frozenset(day for day in found if day.year == number),
        worked=frozenset(day for day in found.weekend_workdays if day.year == number),
        weekend=frozenset(found.weekend),
    )
