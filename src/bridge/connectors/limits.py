"""What a vendor allows: the limits of a connection, what a call counts against, what an answer says.

Numbers are the vendor's: calls, and its own seconds. Nothing here knows how many were made.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

import httpx
from pydantic import BeforeValidator

from bridge.canonical import duration

CALLS = (
    "calls"  # every call of a connection; each has this limit, if only to be closed by the vendor
)
QUOTA_SECONDS = 600.0  # a limit over as long as this is a quota: part of it is kept in reserve
_SETTING = re.compile(r"(\d{1,9}) per (\S+)")
_POLICY = re.compile(r'"([^"]*)"((?:\s*;[^,"]*(?:"[^"]*")?)*)')
_NUMBER = re.compile(r"(?:^|;)\s*(\w+)\s*=\s*(\d{1,12})")
S = TypeVar("S")


class Scope(StrEnum):
    """What a limit is of: all calls of a connection, one part of it (a channel), or one record."""

    CONNECTION = "connection"
    PART = "part"
    RECORD = "record"


@dataclass(frozen=True, kw_only=True)
class Window:
    """At most so many in any so many seconds."""

    most: int
    seconds: float

    @property
    def is_quota(self) -> bool:
        return self.seconds >= QUOTA_SECONDS


@dataclass(frozen=True, kw_only=True)
class Limit:
    """All its windows hold at once. Without any, only the vendor says how much there is."""

    name: str
    windows: tuple[Window, ...] = ()
    scope: Scope = Scope.CONNECTION


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one answer said of one limit; `None` for what it did not say.

    seconds     how long the vendor counts; where it forgets all at once, `resets_in` says when
    closed_for  seconds in which it takes no more of these calls, and `why` in its own words
    """

    name: str
    limit: int | None = None
    left: int | None = None
    seconds: float = 0.0
    resets_in: float | None = None
    closed_for: float | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Limits(Generic[S]):
    """A connector's knowledge of its vendor's limits.

    of       (settings) -> the limits that are known before the first call
    charged  (method, path) -> the names of the limits that a call counts against
    read     (answer, now) -> what it says of them
    """

    of: Callable[[S], Sequence[Limit]]
    charged: Callable[[str, str], Sequence[str]]
    read: Callable[[httpx.Response, datetime], Sequence[Reading]]


def window(said: Any) -> Window:
    """`100 per 30s`. Raises ValueError that shows the right form."""
    match = _SETTING.fullmatch(" ".join(str(said).split()))
    if match is None or int(match[1]) < 1:
        raise ValueError(f"not a limit: {said!r}; write it as 100 per 30s, or none to lift it")
    seconds = duration.parse(match[2]).total_seconds()
    if seconds < 1:
        raise ValueError(f"not a limit: {said!r}; a second (1s) is the shortest")
    return Window(most=int(match[1]), seconds=seconds)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds of a `Retry-After`: a number, or an HTTP date against the answer's own `Date`, else `now`."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", said, re.ASCII):
        return float(said)
    until, since = _date(said), _date(headers.get("date", "")) or now
    return max(0.0, (until - since).total_seconds()) if until and since else None


def named(headers: Mapping[str, str]) -> list[Reading]:
    """The fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), by policy.

    A policy without a `RateLimit` of its own says how much there is, and not what is left.
    """
    policies = _fields(headers.get("ratelimit-policy", ""))
    counters = _fields(headers.get("ratelimit", ""))
    return [
        Reading(
            name=name,
            limit=policies.get(name, {}).get("q"),
            left=counters.get(name, {}).get("r"),
            seconds=float(policies.get(name, {}).get("w", 0)),
            resets_in=_float(counters.get(name, {}).get("t")),
        )
        for name in dict.fromkeys([*policies, *counters])
    ]


def number(headers: Mapping[str, str], name: str) -> int | None:
    """A header that holds a whole number and nothing else."""
    said = headers.get(name, "").strip()
    return int(said) if re.fullmatch(r"\d{1,12}", said, re.ASCII) else None


def turned_away(
    response: httpx.Response, now: datetime, *, name: str = CALLS, least: float = 2.0
) -> list[Reading]:
    """A 429, or a 503 that says when to come back: closed for as long as it asks, `least` if it does not."""
    status, wait = response.status_code, retry_after(response.headers, now)
    if status != 429 and (status != 503 or wait is None):
        return []
    seconds = least if wait is None or not math.isfinite(wait) else wait
    return [Reading(name=name, closed_for=seconds, why=f"answered {status}")]


def standard(response: httpx.Response, now: datetime) -> Sequence[Reading]:
    """For a vendor that follows the drafts."""
    return [*named(response.headers), *turned_away(response, now)]


def _fields(text: str) -> dict[str, dict[str, int]]:
    """`"a";q=100;w=60, "b";q=5` as numbers by name."""
    return {
        name: {key: int(value) for key, value in _NUMBER.findall(parameters)}
        for name, parameters in _POLICY.findall(text)
    }


def _float(value: int | None) -> float | None:
    return None if value is None else float(value)


def _date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else None


def _allowed(value: Any) -> Any:
    match value:
        case "none":
            return ()
        case str() | Window():
            return (value,)
        case _:
            return value


Allowed = Annotated[
    tuple[
        Annotated[Window, BeforeValidator(lambda v: v if isinstance(v, Window) else window(v))], ...
    ],
    BeforeValidator(_allowed),
]
"""`100 per 30s`, a list of those that hold at once, or `none`."""
