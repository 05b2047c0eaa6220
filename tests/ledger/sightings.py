"""Short ways to say what a vendor showed."""

from datetime import datetime, timedelta
from typing import Any

from bridge.canonical.event import Act, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.ledger.links import Wanted
from bridge.ledger.sighting import Context, Sighting
from clocks import START

KINDS = standard()
CASE = Ref("crm", "Case", "1")
ISSUE = Ref("jira", "issue", "7")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def context(**changes: Any) -> Context:
    return Context(**{"now": START, "kinds": KINDS, **changes})


def seen(record: dict[str, Any], *, second: float = 1, **changes: Any) -> Sighting:
    """The case as a source shows it, at a second of its own clock."""
    values: dict[str, Any] = {
        "kind": "feedback",
        "source": "cases",
        "ref": CASE,
        "act": Act.SEEN,
        "occurred_at": at(second),
        "record": record,
        "origin": Origin.WEBHOOK,
        "stamp": at(second),
    }
    return Sighting(**{**values, **changes})


def wanted(**changes: Any) -> Wanted:
    """The link that the case's task is about to make."""
    values: dict[str, Any] = {
        "left_ref": str(CASE),
        "left_kind": "feedback",
        "right_kind": "work_item",
        "right_connection": "jira",
        "relation": "originates",
        "role": "task",
        "event_id": "evt_1",
        "delivery_id": "dlv_1",
    }
    return Wanted(**{**values, **changes})
