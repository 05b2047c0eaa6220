"""Notifications and the SOAP envelope they travel in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape

from bridge.connectors.salesforce.simulator.push import OutboundMessage
from bridge.connectors.salesforce.simulator.render import milliseconds
from bridge.connectors.salesforce.simulator.schema import ObjectType, Row
from bridge.connectors.salesforce.simulator.vendor import (
    DELETED_NOTIFICATION_KEEPS_SOBJECT,
    NULLS_ARE_ABSENT,
)

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACES = (
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


@dataclass(frozen=True)
class Notification:
    """One waiting notification: its id (prefix 04l) and the record it is about."""

    id: str
    record: str


def envelope(
    definition: OutboundMessage,
    kind: ObjectType,
    notifications: Sequence[tuple[Notification, Row | None]],
    *,
    org_id: str,
    host: str,
) -> bytes:
    """The SOAP body, with each record as it is now; `None` for one that is gone."""
    inner = "".join(_notification(definition, kind, each, row) for each, row in notifications)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<soapenv:Envelope {_NAMESPACES}>\n <soapenv:Body>\n"
        '  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
        f"   <OrganizationId>{org_id}</OrganizationId>\n"
        f"   <ActionId>{definition.action_id}</ActionId>\n"
        '   <SessionId xsi:nil="true"/>\n'
        f"   <EnterpriseUrl>{host}/services/Soap/c/67.0/{org_id[:15]}</EnterpriseUrl>\n"
        f"   <PartnerUrl>{host}/services/Soap/u/67.0/{org_id[:15]}</PartnerUrl>\n"
        f"{inner}"
        "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
    ).encode()


def _notification(
    definition: OutboundMessage, kind: ObjectType, notification: Notification, row: Row | None
) -> str:
    return (
        "   <Notification>\n"
        f"    <Id>{notification.id}</Id>\n"
        f"{_sobject(definition, kind, notification, row)}"
        "   </Notification>\n"
    )


def _sobject(
    definition: OutboundMessage, kind: ObjectType, notification: Notification, row: Row | None
) -> str:
    if row is None and not DELETED_NOTIFICATION_KEEPS_SOBJECT:
        return ""
    fields = _fields(definition, kind, row or {}, notification.record)
    return (
        f'    <sObject xsi:type="sf:{kind.name}" '
        'xmlns:sf="urn:sobject.enterprise.soap.sforce.com">\n'
        f"{''.join(_element(name, text) for name, text in fields.items())}"
        "    </sObject>\n"
    )


def _fields(
    definition: OutboundMessage, kind: ObjectType, row: Row, record: str
) -> Mapping[str, str | None]:
    names = [kind.field_named(each).name for each in definition.fields]
    values = {name: row.get(name) for name in names if name != "Id"}
    shown = {name: None if each is None else text(each) for name, each in values.items()}
    return {"Id": record, **shown}


def _element(name: str, value: str | None) -> str:
    """A raw carriage return: XML parsers read CRLF as a lone line feed, unlike REST's JSON."""
    if value is None:
        return "" if NULLS_ARE_ABSENT else f'     <sf:{name} xsi:nil="true"/>\n'
    return f"     <sf:{name}>{escape(value)}</sf:{name}>\n"


def text(value: object) -> str:
    """A value in XML schema's spelling: `true`, `2026-11-23T09:55:12.000Z`."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return f"{milliseconds(value)}Z"
        case date():
            return value.isoformat()
        case _:
            return _NOT_XML.sub("", str(value))
