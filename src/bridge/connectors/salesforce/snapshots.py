"""Records as messages showed them, as snapshots in Salesforce's own words."""

from collections.abc import Mapping
from typing import Any

from bridge.canonical.event import Act, Actor, ActorKind
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Message, Snapshot
from bridge.connectors.mark import Mark
from bridge.connectors.salesforce.ids import full_id, is_id, same_id
from bridge.connectors.salesforce.marks import COMMENT, carried
from bridge.connectors.salesforce.payloads import Callout, Notification
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.times import moment, version
from bridge.errors import Malformed

_ACTS = {
    None: Act.SEEN,
    "created": Act.CREATED,
    "updated": Act.UPDATED,
    "deleted": Act.DELETED,
}


def of_notification(
    settings: SalesforceSettings, message: Message, notice: Notification
) -> Snapshot:
    """A state, not a change, and not whole: nulls and related names are left out of the message.

    Without a modification stamp the notification's id is the fact's version: each tells once.
    """
    fields = notice.fields
    stamp = moment(fields.get(settings.modstamp_field))
    return Snapshot(
        object=notice.object,
        ref=Ref(message.connection, notice.object, notice.record_id),
        act=Act.SEEN,
        occurred_at=stamp or message.received_at,
        fields=fields,
        version=version(stamp) or f"notification:{notice.id}",
        stamp=stamp,
        created_at=moment(fields.get("CreatedDate")),
        actor=actor(settings, fields),
        ours=is_ours(settings, fields),
        complete=False,
        mark=mark(settings, notice.object, notice.record_id, fields),
    )


def of_callout(
    settings: SalesforceSettings, message: Message, callout: Callout, *, delivery: str
) -> Snapshot:
    """What the admin's flow or trigger sent. `delivery` is the version of an update without a stamp."""
    fields = plain(callout.record)
    record_id = full_id(str(fields.get("Id") or ""))
    stamp = moment(fields.get(settings.modstamp_field))
    act = _ACTS[callout.act]
    once = act in {Act.CREATED, Act.DELETED}
    return Snapshot(
        object=callout.object,
        ref=Ref(message.connection, callout.object, record_id),
        act=act,
        occurred_at=stamp or message.received_at,
        fields={**fields, "Id": record_id},
        version="" if once else version(stamp) or f"message:{delivery[:32]}",
        stamp=stamp,
        created_at=moment(fields.get("CreatedDate")),
        actor=actor(settings, fields),
        ours=is_ours(settings, fields),
        complete=False,
        mark=mark(settings, callout.object, record_id, fields),
    )


def of_row(
    settings: SalesforceSettings, connection: str, object_name: str, row: Mapping[str, Any]
) -> Snapshot:
    """A row of a query that asked for every field a source wants: whole."""
    stamp = moment(row.get(settings.modstamp_field))
    if stamp is None:
        raise Malformed(f"{object_name}: a row without {settings.modstamp_field}")
    return Snapshot(
        object=object_name,
        ref=Ref(connection, object_name, full_id(str(row.get("Id")))),
        act=Act.SEEN,
        occurred_at=stamp,
        fields=row,
        version=version(stamp),
        stamp=stamp,
        created_at=moment(row.get("CreatedDate")),
        actor=actor(settings, row),
        ours=is_ours(settings, row),
        complete=True,
        mark=mark(settings, object_name, full_id(str(row.get("Id"))), row),
    )


def actor(settings: SalesforceSettings, fields: Mapping[str, Any]) -> Actor | None:
    """Who changed the record last. It proves no echo: the message shows a state, not one change."""
    user = str(fields.get("LastModifiedById") or "")
    if not is_id(user):
        return None
    kind = ActorKind.APP if is_ours(settings, fields) else ActorKind.UNKNOWN
    return Actor(id=full_id(user), kind=kind)


def is_ours(settings: SalesforceSettings, fields: Mapping[str, Any]) -> bool:
    """Whether our integration user was the last who changed the record."""
    user = str(fields.get("LastModifiedById") or "")
    return settings.user_id is not None and is_id(user) and same_id(user, settings.user_id)


def mark(
    settings: SalesforceSettings, name: str, record_id: str, fields: Mapping[str, Any]
) -> Mark | None:
    """The write key field is ours alone; a comment has none, and carries the key in its text."""
    body = fields.get("CommentBody")
    key = carried(body) if name == COMMENT else fields.get(settings.write_key_field)
    if not isinstance(key, str) or not key:
        return None
    return Mark(write_keys=(key,), key=record_id, url=settings.record_url(name, record_id))


def plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without the `attributes` that Salesforce's JSON puts into each level."""
    return {
        key: plain(value) if isinstance(value, dict) else value
        for key, value in record.items()
        if key != "attributes"
    }
