"""The cause of a failure, by its kind and the vendor's code, and what a person can do about it."""

import re
import shlex
from collections.abc import Mapping
from datetime import datetime

from bridge.canonical.text import cut, storable
from bridge.outbox.tables import DeliveryRow, State

MAX_REASON = 2_000
_ONE_RECORD = re.compile(
    r"(?<=/)[^\s/:]*\d[^\s/:]*|\b[A-Z][A-Z0-9_]+-\d+\b|\b(?=[A-Za-z]*\d)[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\b|\b\d{3,}\b"
)
_BY_CODE: Mapping[str, str] = {
    "400": "the vendor refused the values; read what it said, mend the rule, then replay with redecide",
    "403": "our account may not do this; grant it the permission, then replay",
    "404": "the record or project is not there, or our account may not see it; check both, then replay",
    "create_is_dead": "replay the create first, then this; or all that is dead at once: bridge replay",
    "link_dead": "restore the record and replay; or unlink it and cancel this: the next create makes a new one",
    "link_freed": "the create was dismissed since; replay with redecide",
    "bad_action": "the rule makes values the action does not take; mend the rule, then replay with redecide",
    "no_action": "the stored action is no longer known; decide the event again with redecide",
    "kills_the_process": "this payload ends the process; keep it, and report it with the delivery's id",
    "REQUIRED_FIELD_MISSING": "a required field has no value; add it to the rule, then replay with redecide",
    "STRING_TOO_LONG": "a value is longer than the field; shorten it in the rule, then redecide",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "a picklist lacks this value; add it there or mend the map",
    "ENTITY_IS_DELETED": "the record was deleted at Salesforce; restore it, or cancel the delivery",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule of the org refused it; meet the rule, then replay",
}
_BY_KIND: Mapping[str, str] = {
    "permanent": "read what the vendor said, mend the cause, then replay",
    "transient": "the system was not there for long; when it is back, replay",
    "ambiguous": "its outcome is not known; look at the target, then replay (it looks before it repeats)",
    "bug": "a fault of Bridge itself; keep the delivery, report it with its id, replay after the fix",
}


def remedy(kind: str, code: str) -> str:
    """A sentence that says what to do."""
    return _BY_CODE.get(code) or _BY_KIND.get(kind, "read the attempts of the example, then replay")


def command(group: str) -> str:
    """The command that replays a group. Its name holds a vendor's code, so it is quoted for a shell."""
    return f"bridge replay --group {shlex.quote(group)}"


def group(delivery: DeliveryRow, kind: str, code: str) -> str:
    """Failures with one cause: the same rule and action met the same answer at one connection."""
    return f"{delivery.connection}|{delivery.rule}|{delivery.action}|{kind}|{code}"


def shape(reason: str) -> str:
    """What was said, without what names one record: ids in paths, ids of Salesforce, keys of Jira."""
    return _ONE_RECORD.sub("#", reason)


def bury(delivery: DeliveryRow, code: str, reason: str, *, now: datetime) -> None:
    """Dead without a try: it cannot be sent as it is. It is found by its cause like the others."""
    delivery.state, delivery.finished_at = State.DEAD, now
    delivery.reason = cut(storable(reason), MAX_REASON)
    delivery.error_kind, delivery.error_code = "permanent", storable(code)
    delivery.error_group = group(delivery, delivery.error_kind, delivery.error_code)
