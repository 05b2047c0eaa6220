"""A committed write: what it was before, what it is now, and who did it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.connectors.salesforce.simulator.schema import Row


class Act(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNDELETED = "undeleted"


STAMPS = frozenset({"LastModifiedDate", "LastModifiedById", "SystemModstamp"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """One write of one record. `before` is empty for a creation."""

    object: str
    id: str
    act: Act
    before: Row
    after: Row
    by: str
    at: datetime

    @property
    def changed(self) -> frozenset[str]:
        """Names of the fields whose value moved, the stamps aside. A write may move none."""
        names = {*self.before, *self.after} - STAMPS
        return frozenset(name for name in names if self.before.get(name) != self.after.get(name))
