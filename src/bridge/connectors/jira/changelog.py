"""A changelog's items as before and after, in the shape that the issue's own fields have.

Jira writes ids and display texts beside each other and never says the type, so the field's value
in the same message is the pattern: where that is `{"id": …, "name": …}`, before and after are
such objects too, and a source's path (`status.name`) reads all three alike.

Fix versions, components and other lists come as one line per item that was added or taken away:
that is not the list before and after, so they are left out and comparison tells.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.connectors.history import Moved
from bridge.connectors.jira.payloads import ChangelogItem

NAMED = frozenset({"status", "priority", "resolution", "issuetype", "project", "security"})
PEOPLE = frozenset({"assignee", "reporter", "creator"})
_OLD_NAMES = {"Key": "key", "Parent": "parent"}


def moved(items: Iterable[ChangelogItem], fields: Mapping[str, Any]) -> tuple[Moved, ...]:
    """The items whose two values can be told, by field id. Pure."""
    found = (_line(item, fields) for item in items)
    return tuple(line for line in found if line is not None)


def field_of(item: ChangelogItem) -> str:
    """The field's id; the display name where old Data Center gives no more."""
    name = item.field_id or item.field
    return _OLD_NAMES.get(name, name)


def _line(item: ChangelogItem, fields: Mapping[str, Any]) -> Moved | None:
    field = field_of(item)
    pattern = fields.get(field)
    if field != "labels" and isinstance(pattern, list) and not _is_sprint(item):
        return None
    before = _value(item, item.before, item.before_text, pattern)
    after = _value(item, item.after, item.after_text, pattern)
    return Moved(field=field, before=before, after=after)


def _value(item: ChangelogItem, raw: Any, shown: str | None, pattern: Any) -> Any:
    if field_of(item) == "labels":
        return (shown or "").split()
    if _is_sprint(item):
        return _sprints(raw, shown)
    if raw is None and not shown:
        return None
    return _single(field_of(item), raw, shown, pattern)


def _single(field: str, raw: Any, shown: str | None, pattern: Any) -> Any:
    if field in PEOPLE or _has(pattern, "accountId"):
        return _person(raw, shown, pattern)
    if field in NAMED or isinstance(pattern, Mapping):
        return _named(raw, shown, pattern)
    if isinstance(pattern, int | float) and not isinstance(pattern, bool):
        return _number(shown)
    return raw if _is_date(raw) else shown


def _person(raw: Any, shown: str | None, pattern: Any) -> dict[str, Any]:
    """Cloud account ids hold a colon or 24 letters and digits; Data Center has user names."""
    if isinstance(pattern, Mapping) and "accountId" not in pattern:
        return {"name": raw, "displayName": shown}
    return {"accountId": raw, "name": raw, "displayName": shown}


def _named(raw: Any, shown: str | None, pattern: Any) -> dict[str, Any]:
    """An option calls its text `value`, everything else `name`."""
    return {"id": raw, "value" if _has(pattern, "value") else "name": shown}


def _number(shown: str | None) -> float | None:
    try:
        return float(shown or "")
    except ValueError:
        return None


def _sprints(raw: Any, shown: str | None) -> list[dict[str, str]] | None:
    """Ids and names, both joined by commas; a name that holds one cannot be told."""
    ids = [part.strip() for part in str(raw or "").split(",") if part.strip()]
    names = [part.strip() for part in (shown or "").split(",") if part.strip()]
    if len(ids) != len(names):
        return None
    return [{"id": id_, "name": name} for id_, name in zip(ids, names, strict=True)]


def _is_sprint(item: ChangelogItem) -> bool:
    return item.field == "Sprint"


def _is_date(raw: Any) -> bool:
    """A date's raw value is `2026-12-01`, its display text `2026-12-01 00:00:00.0`."""
    return isinstance(raw, str) and len(raw) == 10 and raw[4] == raw[7] == "-"


def _has(pattern: Any, name: str) -> bool:
    return isinstance(pattern, Mapping) and name in pattern
