"""A length of time as people write it in a mapping: `2h`, `90s`, `1h30m`, `1d`."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}  # largest first, in seconds
LONGEST = timedelta(weeks=520)  # a longer wait is a typing mistake, and must not overflow a date
_FORM = re.compile(
    r"(?a)(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?"
)
_PATTERN = r"^(\d{1,9}[wdhms])+$"  # for editors: which unit comes first, `parse` says


def parse(text: str) -> timedelta:
    """`1h30m` as a timedelta: whole numbers with w, d, h, m or s, the largest unit first, each once.

    Raises ValueError that names the right form.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"not a duration: {text!r}; write it as 90s, 30m, 2h, 1h30m, 1d or 2w")
    seconds = sum(
        int(number) * size
        for number, size in zip(match.groups(), UNITS.values(), strict=True)
        if number is not None
    )
    return _sensible(seconds, text)


def text(value: timedelta) -> str:
    """The canonical form of a duration: `timedelta(minutes=90)` is `1h30m`, none is `0s`.

    Raises ValueError for what `parse` could not read back: a negative length, parts of a second.
    """
    if value < timedelta(0) or value.microseconds:
        raise ValueError(f"a duration is whole seconds, not negative; got {value}")
    left = value.days * 86_400 + value.seconds
    parts = []
    for unit, size in UNITS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _sensible(seconds: int, said: str) -> timedelta:
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"a duration of {said} is too long; ten years (520w) are the most")
    return timedelta(seconds=seconds)


def _duration(value: Any) -> timedelta:
    match value:
        case timedelta():
            return parse(text(value))
        case str():
            return parse(value)
        case _:
            raise ValueError(f"a duration is text such as 90s, 30m, 2h or 1d; got {value!r}")


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["90s", "30m", "2h", "1d"]}),
]
"""A field of this type takes text or a timedelta, and is dumped as text in every mode."""
