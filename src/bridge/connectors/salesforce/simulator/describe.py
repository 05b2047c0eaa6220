"""The describe answers: what an org tells about its objects and fields."""

from typing import Any

from bridge.connectors.salesforce.simulator.schema import Field, ObjectType, Schema, Type

_BYTES_PER_CHAR = 3  # what describe reports as byteLength (mem)


def described(kind: ObjectType, root: str, record_types: list[dict[str, Any]]) -> dict[str, Any]:
    """`sobjects/{Object}/describe`. `root` is `/services/data/vXX.0`."""
    return {
        **summary(kind, root),
        "fields": [field_described(each) for each in kind],
        "recordTypeInfos": record_types,
        "childRelationships": [],
    }


def summary(kind: ObjectType, root: str) -> dict[str, Any]:
    """One object as `sobjects` lists it."""
    base = f"{root}/sobjects/{kind.name}"
    return {
        "name": kind.name,
        "label": kind.label or kind.name,
        "keyPrefix": kind.prefix,
        "custom": kind.name.endswith("__c"),
        "createable": kind.createable,
        "updateable": kind.createable,
        "deletable": kind.createable,
        "undeletable": kind.createable,
        "queryable": True,
        "retrieveable": True,
        "searchable": True,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def field_described(field: Field) -> dict[str, Any]:
    """One field in the names of the describe call."""
    nullable = not field.required and field.type not in {Type.ID, Type.BOOLEAN}
    return {
        "name": field.name,
        "label": field.name.removesuffix("__c").replace("_", " "),
        "type": field.type.value,
        "length": field.length,
        "byteLength": field.bytes_limit or field.length * _BYTES_PER_CHAR,
        "custom": field.name.endswith("__c"),
        "createable": field.createable,
        "updateable": field.updateable,
        "nillable": nullable,
        "defaultedOnCreate": field.default is not None or field.type is Type.BOOLEAN,
        "defaultValue": field.default,
        "autoNumber": field.auto_number,
        "calculated": field.calculated,
        "externalId": field.external_id,
        "idLookup": field.finds or field.type is Type.ID,
        "unique": field.unique,
        "caseSensitive": field.case_sensitive,
        "filterable": field.filterable,
        "sortable": field.filterable,
        "restrictedPicklist": field.restricted,
        "picklistValues": [_choice(value, field) for value in field.picklist],
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "extraTypeInfo": _extra(field),
    }


def everything(schema: Schema, root: str) -> dict[str, Any]:
    """`sobjects`: the global describe."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [summary(kind, root) for kind in schema],
    }


def _choice(value: str, field: Field) -> dict[str, Any]:
    return {
        "value": value,
        "label": value,
        "active": True,
        "defaultValue": value == field.default,
        "validFor": None,
    }


def _extra(field: Field) -> str | None:
    if field.type is not Type.TEXTAREA:
        return None
    return "richtextarea" if field.html else "plaintextarea"
