"""What somebody wants replayed, and how fast."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.outbox.search import Filter

MOST = 1_000_000


class ReplayMode(StrEnum):
    """`again`: the frozen action once more. `redecide`: what today's rules say of the stored event;
    `then`: what the rules say by which it was first decided."""

    AGAIN = "again"
    REDECIDE = "redecide"
    THEN = "then"

    @property
    def decides(self) -> bool:
        return self is not ReplayMode.AGAIN


class Newer(StrEnum):
    """What becomes of a delivery whose record has been given newer state since."""

    SKIP = "skip"
    SEND = "send"  # the newer one goes in its place


class Pace(BaseModel):
    """How fast a run goes: deliveries (or events) a minute, or a share of what the vendors allow.

    Without either it goes as fast as what it owes is taken. It never goes before live work.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_minute: int | None = Field(default=None, ge=1, le=100_000)
    share: float | None = Field(default=None, gt=0, le=1, examples=[0.1])

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.per_minute is not None and self.share is not None:
            raise ValueError("say per_minute or share, not both")
        return self


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants replayed. `force` sends even where newer state went out since."""

    filter: Filter
    mode: ReplayMode = ReplayMode.AGAIN
    most: int = MOST
    newer: Newer = Newer.SKIP
    force: bool = False
    new_write_key: bool = False
    pace: Pace = field(default_factory=Pace)
    why: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """As they are kept with the plan."""
        return {
            "force": self.force,
            "new_write_key": self.new_write_key,
            "newer": self.newer.value,
            "most": self.most,
            "pace": self.pace.model_dump(exclude_none=True),
        }
