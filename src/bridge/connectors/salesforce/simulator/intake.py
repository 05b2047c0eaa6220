"""A record's body on its way in: names known, fields writable, required ones there, parents real."""

from collections.abc import Mapping
from typing import Any

from bridge.connectors.salesforce.simulator.rejection import Rejection, no_column, wrong_json
from bridge.connectors.salesforce.simulator.schema import Field, ObjectType, Schema, Type
from bridge.connectors.salesforce.simulator.table import Tables
from bridge.connectors.salesforce.simulator.value import kept

ATTRIBUTES = "attributes"  # `{"type": ...}` and the like: says what the record is, is no field


class Intake:
    """Turns the values of a request into values of a row."""

    def __init__(self, schema: Schema, tables: Tables) -> None:
        self._schema = schema
        self._tables = tables

    def created(self, kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
        taken = self._taken(kind, values)
        _refuse_closed(kind, [name for name in taken if not kind.field_named(name).createable])
        refuse_missing(kind, taken)
        return taken

    def updated(self, kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
        taken = self._taken(kind, values)
        _refuse_closed(kind, [name for name in taken if not kind.field_named(name).updateable])
        emptied = [name for name, value in taken.items()
                   if value is None and kind.field_named(name).required]  # fmt: skip
        if emptied:
            raise _missing(emptied)
        return taken

    def _taken(self, kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        for name, value in values.items():
            if name == ATTRIBUTES:
                continue
            field = kind.find(name)
            parent = kind.parent(name) if field is None else None
            if parent is not None:
                taken[parent.name] = self._parent_id(kind, parent, value)
            elif field is not None:
                taken[field.name] = self._checked(field, kept(field, value))
            else:
                raise no_column(name, kind.name)
        return taken

    def _checked(self, field: Field, value: Any) -> Any:
        """A reference must lead to a live record of the right object."""
        if field.type is not Type.REFERENCE or value is None:
            return value
        target = self._schema.of_id(value)
        if target is None or target.name not in field.reference_to:
            text = f"{field.name}: id value of incorrect type: {value}"
            raise Rejection("FIELD_INTEGRITY_EXCEPTION", text, fields=(field.name,))
        row = self._tables.row(target, value)
        if row is None:
            text = "invalid cross reference id"
            raise Rejection("INVALID_CROSS_REFERENCE_KEY", text, fields=())
        if row["IsDeleted"]:
            raise Rejection("ENTITY_IS_DELETED", "entity is deleted", fields=())
        return value

    def _parent_id(self, kind: ObjectType, parent: Field, value: Any) -> str | None:
        """`{"Contact": {"Email": "a@b.c"}}`: a parent named by one of its external ids."""
        if value is None:
            return None
        if not isinstance(value, dict):
            raise wrong_json("reference", "VALUE_STRING", value)
        keys = {name: key for name, key in value.items() if name != ATTRIBUTES}
        target = self._schema.supported(parent.reference_to[0])
        if len(keys) != 1:
            text = f"{parent.relationship}: give exactly one external id of {target.name}"
            raise Rejection("INVALID_FIELD", text, fields=())
        name, key = next(iter(keys.items()))
        return self._parent_found(kind, target, target.field_named(name), str(key))

    def _parent_found(self, kind: ObjectType, target: ObjectType, field: Field, key: str) -> str:
        if not field.finds:
            text = f"{field.name} is not an external id or indexed field of {target.name}"
            raise Rejection("INVALID_FIELD", text, fields=())
        ids = self._tables.ids_with(target, field, key)
        if target.find("SobjectType"):
            ids = [each for each in ids if _says(self._tables.row(target, each), kind.name)]
        if len(ids) != 1:
            text = f"Foreign key external ID: {key} not found for field {field.name} in entity {target.name}"
            raise Rejection("INVALID_FIELD", text, fields=())
        return ids[0]


def refuse_missing(kind: ObjectType, values: Mapping[str, Any]) -> None:
    missing = [each.name for each in kind if each.required and values.get(each.name) is None]
    if missing:
        raise _missing(missing)


def _missing(names: list[str]) -> Rejection:
    text = f"Required fields are missing: [{', '.join(names)}]"
    return Rejection("REQUIRED_FIELD_MISSING", text, fields=names)


def _refuse_closed(kind: ObjectType, names: list[str]) -> None:
    if names:
        text = (
            f"Unable to create/update fields: {', '.join(names)}. Please check the security "
            "settings of this field and verify that it is read/write for your profile or "
            "permission set."
        )
        raise Rejection("INVALID_FIELD_FOR_INSERT_UPDATE", text, fields=names)


def _says(row: Mapping[str, Any] | None, kind: str) -> bool:
    return row is not None and row["SobjectType"] == kind
