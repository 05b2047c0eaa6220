"""Signed JSON as a snapshot: an object, its id, and its fields."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Acknowledgement, Message, Snapshot, Translation
from bridge.connectors.generic.settings import GenericSettings, Part
from bridge.errors import Malformed

MAX_BYTES = 5_000_000  # ours; Standard Webhooks advises less than 20 kB


def acknowledge(settings: GenericSettings, message: Message) -> Acknowledgement:
    return Acknowledgement()


def translate(settings: GenericSettings, message: Message) -> Translation:
    """`{object, id, act?, stamp?, version?, fields}`, or where `paths` say. Raises Malformed."""
    payload = _payload(message.body)
    kind = _kind(settings, payload)
    act = _act(_part(settings, payload, "act"))
    stamp = _moment(_part(settings, payload, "stamp"))
    snapshot = Snapshot(
        object=kind,
        ref=Ref(message.connection, kind, _text("id", _part(settings, payload, "id"))),
        act=act,
        occurred_at=stamp or message.received_at,
        fields=_fields(settings, payload),
        version="" if act in {Act.CREATED, Act.DELETED} else _version(settings, message, payload),
        stamp=stamp,
        complete=False,
    )
    return Translation(event_type=f"{kind}.{act.value}", snapshots=(snapshot,))


def _payload(body: bytes) -> Mapping[str, Any]:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error}") from error
    if not isinstance(payload, Mapping):
        raise Malformed("not a JSON object")
    return payload


def _part(settings: GenericSettings, payload: Mapping[str, Any], part: Part) -> Any:
    found: Any = payload
    for step in settings.paths.get(part, part).split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def _kind(settings: GenericSettings, payload: Mapping[str, Any]) -> str:
    said = _part(settings, payload, "object")
    kind = settings.object if said is None else _text("object", said)
    if kind is None:
        raise Malformed("no object; name one as `object` of this connection or in the message")
    if ":" in kind:
        raise Malformed("an object's name holds no colon")
    return kind


def _act(said: Any) -> Act:
    try:
        return Act.SEEN if said is None else Act(said)
    except ValueError as error:
        raise Malformed(f"act is none of {', '.join(act.value for act in Act)}") from error


def _fields(settings: GenericSettings, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    found = _part(settings, payload, "fields")
    if not isinstance(found, Mapping):
        raise Malformed("fields is not a JSON object")
    return found


def _version(settings: GenericSettings, message: Message, payload: Mapping[str, Any]) -> str:
    """What the sender calls this state, else its time, else the bytes that say it."""
    said = _part(settings, payload, "version")
    if said is not None:
        return _text("version", said)
    stamp = _moment(_part(settings, payload, "stamp"))
    return stamp.isoformat() if stamp else hashlib.sha256(message.body).hexdigest()[:32]


def _text(part: str, said: Any) -> str:
    if isinstance(said, int) and not isinstance(said, bool):
        return str(said)
    if not isinstance(said, str) or not said:
        raise Malformed(f"{part} is missing or no text")
    return said


def _moment(said: Any) -> datetime | None:
    if said is None:
        return None
    try:
        parsed = datetime.fromisoformat(said)
        moment = parsed.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Malformed("stamp is not a time such as 2027-01-31T08:00:00Z") from error
    if parsed.tzinfo is None:
        raise Malformed("stamp has no offset; write 2027-01-31T08:00:00Z")
    return moment
