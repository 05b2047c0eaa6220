"""An event: a canonical fact about a record, whatever brought it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from bridge.canonical.field import PERSONAL
from bridge.canonical.ids import stable_id
from bridge.canonical.ref import Ref
from bridge.canonical.timed import record_kind


class Act(StrEnum):
    """What happened to the record. `seen`: the vendor shows a state, comparison tells what it means."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    SEEN = "seen"


class Origin(StrEnum):
    """How a fact reached us. `own`: the vendor's message proves that we made the change."""

    WEBHOOK = "webhook"
    POLL = "poll"
    STREAM = "stream"
    BACKFILL = "backfill"
    CLOCK = "clock"
    MANUAL = "manual"
    OWN = "own"


# Rules pass over these unless they ask for them, and that no rule matched says nothing.
NO_NEWS = frozenset({Origin.BACKFILL, Origin.OWN})


class ActorKind(StrEnum):
    PERSON = "person"
    APP = "app"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Actor(_Frozen):
    """Who did it, as the vendor names them: an account id, a user id, a user name on Data Center."""

    id: Annotated[str, PERSONAL]
    name: Annotated[str | None, PERSONAL] = None
    kind: ActorKind = ActorKind.UNKNOWN


class Change(_Frozen):
    """One tracked field: JSON values before and after. `before` is `None` when it was unknown or empty."""

    field: str
    before: Any = None
    after: Any = None


class Event(_Frozen):
    """A fact. `record` is the whole canonical record after it, unknown fields left out.

    `department` is the actor's on that day, by `mappings/people.yaml`: `unattributed` for somebody
    who is not there, `None` where nobody, a machine, a customer or Bridge itself acted.
    """

    id: str
    connection: str
    subject: Ref
    kind: str  # feedback.created
    version: str
    occurred_at: datetime
    recorded_at: datetime
    origin: Origin
    actor: Actor | None = None
    department: str | None = None
    customer: str | None = None
    project: str | None = None
    record: Mapping[str, Any]
    changes: tuple[Change, ...] = ()
    facts: Mapping[str, Any] = {}
    schema_version: int = 1
    stale: bool = False

    @property
    def record_kind(self) -> str:
        return record_kind(self.kind)

    @property
    def act(self) -> str:
        return self.kind.partition(".")[2]


def event_id(subject: Ref, kind: str, version: str) -> str:
    """Identity of a fact (DESIGN: connection, subject id, kind, version), the same by every way it came."""
    return stable_id("evt", str(subject), kind, version)


def triggers(event: Event) -> frozenset[str]:
    """The names a rule's `when` may use for this event.

    Besides the event's own kind, a yes-or-no field that became true is a trigger of its own:
    `feedback.requested`.
    """
    became_true = {
        f"{event.record_kind}.{change.field}"
        for change in event.changes
        if change.after is True and change.before is not True
    }
    return frozenset({event.kind} | became_true)
