"""Change Data Capture events that a relay forwards as a signed callout (CometD's JSON shape).

Only the changed fields are in the body; a gap event has none, so that its record must be re-read.
"""

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from bridge.canonical.event import Act, Origin
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Message, Snapshot, Translation
from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.connectors.salesforce.payloads import ChangeHeader, shallow
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.snapshots import actor, mark, plain
from bridge.connectors.salesforce.times import moment, version
from bridge.errors import Malformed

_ACTS = {
    "CREATE": Act.CREATED,
    "UPDATE": Act.UPDATED,
    "UNDELETE": Act.SEEN,
    "DELETE": Act.DELETED,
    "GAP_CREATE": Act.SEEN,
    "GAP_UPDATE": Act.SEEN,
    "GAP_DELETE": Act.DELETED,
    "GAP_UNDELETE": Act.SEEN,
}
EVENT_TYPE = "salesforce.change_event"


def is_change_event(value: Any) -> bool:
    return isinstance(_payload(value).get("ChangeEventHeader"), dict)


def event_id(value: Any) -> str:
    """Transaction and sequence: the same for each delivery of one event; empty if they are not there."""
    header = _payload(value)["ChangeEventHeader"]
    transaction, sequence = header.get("transactionKey"), header.get("sequenceNumber")
    return f"{transaction}:{sequence}" if transaction and sequence is not None else ""


def translate(settings: SalesforceSettings, message: Message, value: Any) -> Translation:
    """Raises Malformed."""
    shallow(value)
    payload = _payload(value)
    try:
        header = ChangeHeader.model_validate(payload["ChangeEventHeader"])
    except ValidationError as error:
        raise Malformed(f"ChangeEventHeader: {error.error_count()} members are wrong") from None
    if header.change_type not in _ACTS:
        return Translation(event_type=EVENT_TYPE, ignored=f"change type {header.change_type}")
    ids = [record_id for record_id in header.record_ids if is_id(record_id)]
    if not ids:
        return Translation(event_type=EVENT_TYPE, ignored="no record ids, or a wildcard")
    return Translation(
        event_type=EVENT_TYPE,
        snapshots=tuple(_snapshot(settings, message, header, payload, each) for each in ids),
    )


def _snapshot(
    settings: SalesforceSettings,
    message: Message,
    header: ChangeHeader,
    payload: dict[str, Any],
    record_id: str,
) -> Snapshot:
    """`own`: the header names the client that made this very change, and it is ours."""
    act = _ACTS[header.change_type]
    at = datetime.fromtimestamp(header.committed_ms / 1000, UTC)
    own = header.origin.endswith(f"client={settings.client_name}")
    fields = {key: item for key, item in plain(payload).items() if key != "ChangeEventHeader"}
    return Snapshot(
        object=header.entity,
        ref=Ref(message.connection, header.entity, full_id(record_id)),
        act=act,
        occurred_at=at,
        fields={**fields, **dict.fromkeys(header.nulled)},
        version="" if act in {Act.CREATED, Act.DELETED} else version(at),
        stamp=at,
        created_at=moment(fields.get("CreatedDate")),
        actor=actor(settings, {"LastModifiedById": header.user}),
        own=own,
        ours=own,
        complete=False,
        origin=Origin.OWN if own else Origin.STREAM,
        mark=mark(settings, header.entity, full_id(record_id), fields),
    )


def _payload(value: Any) -> dict[str, Any]:
    """The event itself, out of CometD's `data.payload`."""
    data = value.get("data", value) if isinstance(value, dict) else None
    payload = data.get("payload", data) if isinstance(data, dict) else None
    return payload if isinstance(payload, dict) else {}
