"""Outbound Messages as a careful receiver reads them."""

from dataclasses import dataclass

from defusedxml.ElementTree import fromstring

_OUT = "{http://soap.sforce.com/2005/09/outbound}"
_OBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


@dataclass(frozen=True)
class Note:
    id: str
    type: str | None
    fields: dict[str, str | None]


@dataclass(frozen=True)
class Envelope:
    organization: str | None
    action: str | None
    session_is_nil: bool
    notes: tuple[Note, ...]


def opened(body: bytes) -> Envelope:
    """Fails on anything but the documented shape."""
    notifications = fromstring(body, forbid_dtd=True).find(f"{_SOAP}Body/{_OUT}notifications")
    assert notifications is not None
    session = notifications.find(f"{_OUT}SessionId")
    assert session is not None
    notes = []
    for each in notifications.findall(f"{_OUT}Notification"):
        record = each.find(f"{_OUT}sObject")
        fields = (
            {}
            if record is None
            else {field.tag.removeprefix(_OBJECT): field.text for field in record}
        )
        kind = None if record is None else record.get(f"{_XSI}type")
        notes.append(Note(each.findtext(f"{_OUT}Id") or "", kind, fields))
    return Envelope(
        organization=notifications.findtext(f"{_OUT}OrganizationId"),
        action=notifications.findtext(f"{_OUT}ActionId"),
        session_is_nil=session.get(f"{_XSI}nil") == "true",
        notes=tuple(notes),
    )
