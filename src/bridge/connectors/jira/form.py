"""What Jira's metadata says of the fields that may be written: create, edit and transition forms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import PermanentError


class UnknownField(PermanentError):
    """A mapping names a field that this form does not have."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field: `type` and `items` as its schema has them, `custom` the kind of a custom field."""

    id: str
    name: str
    type: str = "any"
    items: str = ""
    system: str = ""
    custom: str = ""
    required: bool = False
    has_default: bool = False
    allowed: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Form:
    """Fields by id, findable by id or by the name people see. `what` says whose form it is."""

    what: str
    fields: Mapping[str, Field] = field(default_factory=dict)

    def find(self, name: str) -> Field:
        """Raises UnknownField, also for a name that several fields share."""
        if name in self.fields:
            return self.fields[name]
        wanted = name.casefold()
        found = [one for one in self.fields.values() if one.name.casefold() == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(sorted(one.id for one in found))
            raise UnknownField(
                f"jira: {self.what} has several fields {name!r}; name one by id: {ids}"
            )
        raise UnknownField(
            f"jira: {self.what} has no field {name!r}; is it on the screen?", code="field"
        )

    def __contains__(self, field_id: str) -> bool:
        return field_id in self.fields


def read_form(what: str, shown: Iterable[Mapping[str, Any]]) -> Form:
    """From createmeta (`fieldId`), from the list of all fields (`id`), or from editmeta (`key`)."""
    fields = (_read_field(one) for one in shown)
    return Form(what, {one.id: one for one in fields})


def keyed(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Edit and transition metadata are mappings from field id to the rest."""
    return [{**one, "fieldId": field_id} for field_id, one in shown.items()]


def _read_field(shown: Mapping[str, Any]) -> Field:
    schema = shown.get("schema") or {}
    number = str(shown.get("fieldId") or shown.get("id") or shown.get("key") or "")
    return Field(
        id=number,
        name=str(shown.get("name") or number),
        type=str(schema.get("type") or "any"),
        items=str(schema.get("items") or ""),
        system=str(schema.get("system") or ""),
        custom=str(schema.get("custom") or ""),
        required=bool(shown.get("required")),
        has_default=bool(shown.get("hasDefaultValue")),
        allowed=tuple(shown.get("allowedValues") or ()),
    )
