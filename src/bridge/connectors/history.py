"""What a vendor's own change log says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.canonical.event import Act, Actor


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One line of a vendor's own change log: the vendor's field, and its raw values."""

    field: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True, kw_only=True)
class Past:
    """One fact of a record's past: that it was made, or an entry of its change log.

    `version` is what a message that told the same would have.
    """

    act: Act = Act.UPDATED
    version: str
    at: datetime
    moved: tuple[Moved, ...] = ()
    actor: Actor | None = None
