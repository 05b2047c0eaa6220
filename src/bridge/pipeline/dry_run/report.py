"""The report of a dry-run: what rules would have done with the events of the past, against what was done."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

State = Literal["same", "changed", "new", "gone"]
Against = Literal["then", "active"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Count(_Part):
    """How many different ones; `exact` is false where it is an estimate (within two per cent)."""

    count: int
    exact: bool = True


class Events(_Part):
    """What was compared, and what could not be, by reason. `first` and `last`: when they came."""

    compared: int
    skipped: dict[str, int]
    first: datetime | None = None
    last: datetime | None = None
    unmatched_then: int = Field(description="Events that no rule matched.")
    unmatched_now: int


class Version(_Part):
    """A set that decided some of the events."""

    hash: str
    events: int


class Unlike(_Part):
    """An event whose stored decisions are not what its rules, asked again, say: `what` differs."""

    event: str
    what: str


class FieldChange(_Part):
    """Values as texts; null on a side where there is no delivery. Nothing personal, no free text."""

    name: str
    then: str | None
    now: str | None


class Example(_Part):
    """One event of a difference; `record` is the number or key that people use, if it has one."""

    event: str
    kind: str
    subject: str
    record: str
    occurred_at: datetime
    step: str = ""
    action: str = ""
    reason: str = ""
    fields: tuple[FieldChange, ...] = ()


class Deliveries(_Part):
    """`then` and `now` are all that was and would be owed."""

    then: int = 0
    now: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0

    @computed_field  # type: ignore[prop-decorator]
    @property
    def differ(self) -> int:
        return self.added + self.removed + self.changed


class RuleReport(_Part):
    """One rule: in how many events it matched, and what it owed. Examples are the newest few.

    `state`: how the candidate's rule stands to the one that is active. `fields`: in how many changed
    deliveries each differs. `outcomes`: what became of the deliveries of then, by state.
    """

    rule: str
    state: State
    matched_then: int
    matched_now: int
    newly_matched: int
    no_longer_matched: int
    errors_then: int
    errors_now: int
    deliveries: Deliveries
    fields: dict[str, int]
    outcomes: dict[str, int]
    examples: dict[str, tuple[Example, ...]]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def differs(self) -> bool:
        return bool(
            self.deliveries.differ
            or self.newly_matched
            or self.no_longer_matched
            or self.errors_now != self.errors_then
        )


class Quota(_Part):
    """The busiest stretch of one quota: calls in it, and their share of what the vendor gives."""

    name: str
    part: str = Field(description="Of the connection, as `channel:alerts`; empty: all of it.")
    window_seconds: float
    limit: int
    busiest_then: int
    busiest_now: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share_then(self) -> float:
        return self.busiest_then / self.limit

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share_now(self) -> float:
        return self.busiest_now / self.limit


class Calls(_Part):
    """Calls at most: each delivery counts by itself, whatever merging and bulk calls would save."""

    connection: str
    system: str
    then: int
    now: int
    quotas: tuple[Quota, ...] = ()


class Report(_Part):
    """`against`: what the events are compared with, the rules of then or the active ones."""

    since: datetime
    until: datetime
    candidate: str = Field(description="The hash of the set that was tried.")
    active: str | None
    against: Against
    only: tuple[str, ...] = ()
    seconds: float
    events: Events
    versions: tuple[Version, ...]
    unlike: int = Field(
        description="Events whose rules, asked again, say something else than then."
    )
    unlike_examples: tuple[Unlike, ...]
    deliveries: Deliveries
    records_then: Count
    records_now: Count
    records_differ: Count = Field(description="Records whose deliveries are more, fewer or others.")
    rules: tuple[RuleReport, ...]
    calls: tuple[Calls, ...]
    syncs: dict[str, int] = Field(
        description="How many deliveries each sync owed in this time. Syncs are not replayed."
    )
    notes: tuple[str, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def differs(self) -> bool:
        """Whether the candidate does anything else than was done."""
        return any(one.differs for one in self.rules)


class Progress(_Part):
    """How far it is."""

    done: int
    total: int
