"""Two people, one of whom moved between departments, and what somebody did to a work item."""

from datetime import UTC, datetime
from typing import Any

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.ledger.sighting import Sighting
from bridge.rules.attribution import attributed
from bridge.rules.model import PersonForm, RoleForm
from bridge.rules.people import people

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SYSTEMS = {"jira": "jira", "jira-dc": "jira", "salesforce": "salesforce"}
DANA = PersonForm(name="Dana", department="engineering", identities={"jira": ("a", "b")})
KIM = PersonForm(
    name="Kim",
    department="engineering",
    identities={"jira-dc": "kim"},
    roles=(
        RoleForm.model_validate({"role": "agent", "department": "support", "to": "2026-01-01"}),
        RoleForm.model_validate({"role": "engineer", "from": "2026-01-01", "to": "2026-06-01"}),
    ),
)


def seen(
    actor: Actor | None,
    *,
    connection: str = "jira",
    at: datetime = NOW,
    origin: Origin = Origin.WEBHOOK,
    **record: Any,
) -> Sighting:
    """A work item that somebody touched."""
    return Sighting(
        kind="work_item",
        source="s",
        ref=Ref(connection, "issue", "1"),
        act=Act.UPDATED,
        occurred_at=at,
        record=record,
        origin=origin,
        actor=actor,
    )


def attribute(sighting: Sighting, **more: Any) -> Sighting:
    """With the departments of the two."""
    kind = standard()["work_item"]
    return attributed(sighting, people([DANA, KIM]), kind=kind, systems=SYSTEMS, **more)
