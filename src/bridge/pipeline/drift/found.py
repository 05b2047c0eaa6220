"""What the comparison of one link came to. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    IN_STEP = "in_step"
    DRIFTED = "drifted"
    UNDER_WAY = "under_way"  # something is on its way, or waits for a person
    STOPPED = "stopped"  # an end says that nothing is to be written
    UNKNOWN = "unknown"  # Bridge does not know both records yet, or no source takes one


class Cause(StrEnum):
    """Why two do not agree."""

    LOST = "lost"  # what stands there was never told
    EDITED = "edited"  # Bridge knows of it, and has nothing on its way
    REFUSED = "refused"  # what was to mend it is dead
    UNMAPPED = "unmapped"  # the other end has no form for it, or no source takes the record


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One field, or with no `field` a whole record. `writes`: the ref that a repair writes to."""

    link_id: str
    sync: str
    field: str
    left_ref: str
    right_ref: str
    left_value: Any
    right_value: Any
    private: bool
    cause: Cause
    reason: str
    writes: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """One link. `fields`: how many were compared, and `in_step` how many agree."""

    link_id: str
    left_ref: str
    outcome: Outcome
    fields: int = 0
    in_step: int = 0
    differences: tuple[Difference, ...] = ()
