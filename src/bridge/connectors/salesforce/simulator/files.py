"""Files on records: a ContentDocument and its one version.

By Salesforce's object reference and REST guide; what they leave open (which codes a refusal has) is from
memory (mem).
"""

from email.parser import BytesParser
from http import HTTPStatus
from typing import Any

import orjson

from bridge.connectors.salesforce.simulator import rejection
from bridge.connectors.salesforce.simulator.call import Answer, Call
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.rejection import Rejection

VERSION, DOCUMENT = "ContentVersion", "ContentDocument"
DATA = "VersionData"


def parsed(kind: str, body: bytes) -> dict[str, Any]:
    """The fields of a form, with the bytes of its file among them."""
    whole = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found: dict[str, Any] = {}
    for part in whole.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name == "entity_content" and isinstance(content, bytes):
            found |= orjson.loads(content)
        elif name == DATA:
            found[DATA] = content
    return found


def create(org: Org, fields: dict[str, Any], *, by: str) -> str:
    """The id of the new version."""
    values = dict(fields)
    data = values.pop(DATA, None)
    if not isinstance(data, bytes):
        raise Rejection("REQUIRED_FIELD_MISSING", "Required fields are missing: [VersionData]")
    kinds = org.schema.object_named(VERSION), org.schema.object_named(DOCUMENT)
    with org.tables.transaction():
        document = org.records.seed(kinds[1], {"Title": values.get("Title")}, by=by)
        size = {"ContentSize": float(len(data)), "ContentDocumentId": document}
        made = org.records.seed(kinds[0], {**values, **size}, by=by)
    org.files[made] = data
    return made


def version_data(org: Org, call: Call, name: str, record: str) -> Answer:
    """The bytes of a version that is there."""
    kind = org.schema.object_named(name)
    found = str(org.records.live(kind, record)["Id"])
    if found not in org.files:
        raise rejection.no_resource()
    return Answer(body=org.files[found])


def gone(org: Org, document: str, *, by: str) -> None:
    """A document goes with its versions."""
    kind = org.schema.object_named(VERSION)
    for row in org.tables.rows(kind):
        if row["ContentDocumentId"] == document and not row["IsDeleted"]:
            org.records.delete(kind, row["Id"], by=by)


def refuse_version(name: str) -> None:
    if name == VERSION:
        text = "entity type ContentVersion does not support delete"
        raise Rejection("INVALID_TYPE_FOR_OPERATION", text, status=HTTPStatus.BAD_REQUEST)
