"""An invented org: its settings, and messages as it would send them."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.connectors.contract import Message
from bridge.connectors.salesforce.settings import SalesforceSettings

URL = "https://northwind.my.salesforce.com"
ORGANIZATION = "00DWq000001AbCdMAK"
CASE = "500Wq00000KfLmNIAV"
USER = "005Wq00000ZzAaBIAV"
PATH_SECRET = "path-secret-1"
NEXT_PATH_SECRET = "path-secret-2"
CALLOUT_SECRET = "callout-secret-1"
NEXT_CALLOUT_SECRET = "callout-secret-2"
CLIENT_SECRET = "client-secret"
SAMPLES = Path(__file__).parent / "samples"
SECRETS = {
    "SF_PATH": PATH_SECRET,
    "SF_PATH_NEXT": NEXT_PATH_SECRET,
    "SF_CALLOUT": CALLOUT_SECRET,
    "SF_CALLOUT_NEXT": NEXT_CALLOUT_SECRET,
    "SF_CLIENT": CLIENT_SECRET,
}


def settings_of(**changes: Any) -> SalesforceSettings:
    values: dict[str, Any] = {
        "system": "salesforce",
        "url": URL,
        "organization_id": ORGANIZATION,
        "user_id": USER,
        "auth": {
            "flow": "client_credentials",
            "client_id": "app",
            "client_secret": "env:SF_CLIENT",
        },
        "webhook": {
            "path_secrets": ["env:SF_PATH", "env:SF_PATH_NEXT"],
            "callout_secrets": ["env:SF_CALLOUT", "env:SF_CALLOUT_NEXT"],
        },
    }
    return SalesforceSettings.model_validate(values | changes)


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def outbound(body: bytes, now: datetime, *, path_secret: str | None = PATH_SECRET) -> Message:
    return Message(
        connection="salesforce",
        headers={"content-type": "text/xml; charset=utf-8", "soapaction": '""'},
        body=body,
        received_at=now,
        path_secret=path_secret,
    )


def callout(
    body: bytes,
    now: datetime,
    *,
    secret: str = CALLOUT_SECRET,
    headers: Mapping[str, str] | None = None,
) -> Message:
    """Signed as the README asks, unless `headers` say otherwise."""
    timestamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    signed = {"x-signature-timestamp": timestamp, "x-signature": f"v1={digest}"}
    return Message(
        connection="salesforce",
        headers={"content-type": "application/json", **signed, **(headers or {})},
        body=body,
        received_at=now,
    )


def many_notifications(count: int) -> bytes:
    item = """<Notification><Id>04lWq%011dAAA</Id>
      <sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
      <sf:Id>500Wq%010dAAA</sf:Id></sObject></Notification>"""
    items = "".join(item % (number, number) for number in range(count))
    return f"""<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
      <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
      <OrganizationId>{ORGANIZATION}</OrganizationId><ActionId>04kWq0000008XyZIAU</ActionId>
      {items}</notifications></soapenv:Body></soapenv:Envelope>""".encode()
