"""Short ways to a source, a snapshot and the record that comes of them."""

from datetime import UTC, datetime
from typing import Any

from bridge.canonical.event import Act, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Snapshot
from bridge.rules.loader import load
from bridge.rules.sources import Source, interpret
from rules.fakes import ACTIONS, CONNECTIONS

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
MAPS = "maps: {level: {High: high, '1': critical, true: low}}"


def source(fields: str, *, more: str = "", kind: str = "feedback") -> Source:
    text = (
        f"version: 1\n{MAPS}\nsources:\n  - id: s\n    from: {{connection: salesforce, object: Case}}\n"
        f"    as: {kind}\n    fields: {fields}\n{more}"
    )
    files = {"sources/s.yaml": text}
    rules = load(files, kinds=standard(), actions=ACTIONS, connections=CONNECTIONS)
    (found,) = rules.source_for("salesforce", "Case")
    return found


def snapshot(fields: dict[str, Any], **more: Any) -> Snapshot:
    ref = Ref("salesforce", "Case", "5001")
    return Snapshot(object="Case", ref=ref, act=Act.SEEN, occurred_at=AT, fields=fields, **more)


def record(found: Source, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    sighting = interpret(found, snapshot(fields, **more), origin=Origin.WEBHOOK)
    assert sighting is not None
    return dict(sighting.record)
