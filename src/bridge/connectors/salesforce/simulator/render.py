"""A row as REST shows it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from bridge.connectors.salesforce.simulator.schema import ObjectType, Row


def shown(value: Any) -> Any:
    """One value in JSON: times in UTC with milliseconds and `+0000`."""
    if isinstance(value, datetime):
        return f"{milliseconds(value)}+0000"
    return value.isoformat() if isinstance(value, date) else value


def milliseconds(moment: datetime) -> str:
    """`2026-11-23T09:55:12.000`, without a zone."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"


def attributes(kind: ObjectType, record_id: str, root: str) -> dict[str, str]:
    return {"type": kind.name, "url": f"{root}/sobjects/{kind.name}/{record_id}"}


def record(kind: ObjectType, row: Row, root: str, names: Iterable[str] = ()) -> dict[str, Any]:
    """The whole record, or the named fields; nulls are there. `root` is `/services/data/vXX.0`."""
    chosen = [kind.field_named(name).name for name in names] or [each.name for each in kind]
    fields = {name: shown(row.get(name)) for name in chosen}
    return {"attributes": attributes(kind, row["Id"], root), **fields}
