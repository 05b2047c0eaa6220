"""The form of the mapping files as a JSON Schema, so that an editor completes and marks mistakes.

Draft 7, because that is what YAML language servers read (redhat-developer/yaml-language-server,
README: "Supports JSON Schema 7 and below"). One schema serves all files: by the key that stands at
the top it is the one of sources, of rules, of syncs or of people. It is made of the forms in `model.py`, of
the record kinds and of every action's own model; what only the loader can tell it leaves open.
"""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bridge.canonical.field import Record
from bridge.canonical.kind import Kinds
from bridge.connectors.action import Action
from bridge.converters.registry import BY_NAME
from bridge.rules import model, sync_form
from bridge.rules.descriptors import bare
from bridge.rules.part import Form
from bridge.rules.rule_loader import trigger_names

Json = dict[str, Any]
_FORMS = (model.RuleFile, model.SourceFile, sync_form.SyncFile, model.PeopleFile)
_WITH_RECORDS = ("Given", "LinkedForm")  # records stand in them under their kinds' names
_ANNOTATIONS = ("title", "description", "default")
_EXPRESSION = {
    "type": "string",
    "pattern": r"\$\{.+\}",
    "description": "a text with an expression: ${feedback.title}",
}


def json_schema(kinds: Kinds, actions: Mapping[str, type[Action[Any]]]) -> Json:
    """The schema as it should read now, as a value."""
    definitions = _forms(kinds, actions)
    for kind, action in sorted(actions.items()):
        definitions |= _action(kind, action)
    for record in kinds:
        definitions[f"record.{record.name}"] = _record(record.model)
    definitions["expression"] = dict(_EXPRESSION)
    tops = [definitions[name]["properties"] for name in ("SourceFile", "SyncFile", "PeopleFile")]
    properties = {key: one for top in tops for key, one in top.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Bridge mappings",
        "description": "mappings/{sources,rules,syncs}/*.yaml and mappings/people.yaml",
        "type": "object",
        "properties": {**definitions["RuleFile"]["properties"], **properties},
        "if": {"required": ["sources"]},
        "then": _to("SourceFile"),
        "else": {
            "if": {"required": ["syncs"]},
            "then": _to("SyncFile"),
            "else": {
                "if": {"required": ["people"]},
                "then": _to("PeopleFile"),
                "else": _to("RuleFile"),
            },
        },
        "definitions": definitions,
    }  # fmt: skip


def schema_text(kinds: Kinds, actions: Mapping[str, type[Action[Any]]]) -> str:
    """The same as a file."""
    return json.dumps(json_schema(kinds, actions), indent=1, ensure_ascii=False) + "\n"


def _forms(kinds: Kinds, actions: Mapping[str, type[Action[Any]]]) -> Json:
    """The definitions of all forms, with what the register and the connectors know put in."""
    _, made = models_json_schema(
        [(form, "validation") for form in _FORMS], ref_template="#/definitions/{model}"
    )
    found: Json = {name: _plain(one, nulls=name in _WITH_RECORDS) for name, one in made["$defs"].items()}  # fmt: skip
    triggers = [trigger for kind in kinds for trigger in trigger_names(kind)]
    names = [kind.name for kind in kinds]
    _each_item(found["RuleForm"]["properties"]["when"], {"enum": triggers})
    found["EventForm"]["properties"]["kind"] |= {"enum": triggers}
    found["Each"]["properties"]["linked"] |= {"enum": names}
    found["SourceForm"]["properties"]["as"] |= {"enum": names}
    found["SourceForm"]["allOf"] = [_source_of(kind.name, kind.model) for kind in kinds]
    _pair(found["PairForm"])
    for name in _WITH_RECORDS:
        found[name]["properties"] |= {kind: _to(f"record.{kind}") for kind in names}
        found[name]["additionalProperties"] = False
    _step(found["Step"], actions)
    for form in _models(Form):
        if form.short and form.__name__ in found:
            found[form.__name__] = _or_short(found[form.__name__], form.short)
    found["Expected"] = _expected(found["Expected"], actions)
    return found


def _pair(schema: Json) -> None:
    """A pair: options, and under the names of the two connections a field of each."""
    del schema["properties"][sync_form.ENDS]
    schema["required"].remove(sync_form.ENDS)
    del schema["properties"][sync_form.OPTIONS]
    schema["properties"]["as"] = {**_told(schema["properties"]["as"]), "anyOf": _converters()}
    schema["additionalProperties"] = {"type": "string"}


def _converters() -> list[Json]:
    """The name of a converter, or one with its options."""
    return [
        {"enum": sorted(BY_NAME)},
        *(
            {
                "type": "object",
                "properties": {name: kind.model_json_schema()},
                "required": [name],
                "additionalProperties": False,
            }
            for name, kind in sorted(BY_NAME.items())
            if kind.model_fields
        ),
    ]


def _models(form: type[Form]) -> Iterator[type[Form]]:
    for one in form.__subclasses__():
        yield one
        yield from _models(one)


def _or_short(schema: Json, short: str) -> Json:
    """A form, or the one text that stands for it."""
    text = {"type": "string", "minLength": 1, **_typed(schema["properties"][short])}
    return {"anyOf": [text, schema], **_told(schema)}


def _typed(schema: Json) -> Json:
    return {key: item for key, item in schema.items() if key not in _ANNOTATIONS}


def _told(schema: Json) -> Json:
    return {key: schema[key] for key in _ANNOTATIONS if key in schema}


def _each_item(schema: Json, more: Json) -> None:
    """Narrow the items of a list that may also be written as one text."""
    for one in schema.get("anyOf", [schema]):
        one.get("items", one).update(more)


def _step(schema: Json, actions: Mapping[str, type[Action[Any]]]) -> None:
    """A step: options, and exactly one key that is an action."""
    del schema["properties"]["calls"]
    for kind in sorted(actions):
        schema["properties"][kind] = {**_to(kind)}
    schema["oneOf"] = [{"required": [kind]} for kind in sorted(actions)]
    schema.pop("required", None)


def _expected(schema: Json, actions: Mapping[str, type[Action[Any]]]) -> Json:
    """An expected action: its name, or its name with some of its fields."""
    del schema["properties"]["calls"]
    for kind, action in sorted(actions.items()):
        fields = {"propertyNames": {"enum": list(action.model_fields)}}
        schema["properties"][kind] = {"type": ["object", "null"], **fields}
    schema["oneOf"] = [{"required": [kind]} for kind in sorted(actions)]
    schema.pop("required", None)
    return {"anyOf": [{"enum": sorted(actions)}, schema], **_told(schema)}


def _source_of(name: str, record: type[Record]) -> Json:
    """The fields of a source whose record kind is known."""
    fields = {field: _to("FieldForm") for field in record.model_fields}
    return {
        "if": {"properties": {"as": {"const": name}}, "required": ["as"]},
        "then": {
            "properties": {
                "fields": {"properties": fields, "additionalProperties": False},
                "tracked": {"items": {"enum": list(record.model_fields)}},
            }
        },
    }


def _record(record: type[BaseModel]) -> Json:
    """A record in a test: its fields by name, and the words of those that take only some."""
    fields = {name: _value(info.annotation) for name, info in record.model_fields.items()}
    return {"type": ["object", "null"], "properties": fields, "additionalProperties": False}


def _value(annotation: Any) -> Json:
    kind = bare(annotation)
    if get_origin(kind) in (tuple, list, frozenset) and get_args(kind)[0] is str:
        return {"type": ["array", "string", "null"]}
    if not isinstance(kind, type):
        return {}
    if issubclass(kind, StrEnum):
        return {"enum": [*kind, None]}
    if issubclass(kind, BaseModel):
        return {**_record(kind), "type": ["object", "string", "number", "null"]}
    return {"type": ["boolean", "string", "null"]} if kind is bool else {}


def _action(kind: str, action: type[Action[Any]]) -> Json:
    """The definitions of an action: its fields as they are, or an expression in their place."""
    made = action.model_json_schema(ref_template=f"#/definitions/{kind}.{{model}}")
    parts = {f"{kind}.{name}": _plain(one, nulls=True) for name, one in made.pop("$defs", {}).items()}  # fmt: skip
    whole = _plain(made, nulls=True)
    needed = [name for name in whole.get("required", ()) if name != action.target]
    whole |= {"title": kind, "type": "object" if needed else ["object", "null"]}
    whole.pop("required", None)
    if needed:
        whole["required"] = needed
    return {
        kind: _computable(whole, top=True),
        **{name: _computable(one, top=True) for name, one in parts.items()},
    }


def _computable(schema: Json, *, top: bool = False) -> Json:
    """The same, and an expression wherever a value stands."""
    inner = dict(schema)
    if "properties" in inner:
        inner["properties"] = {name: _computable(one) for name, one in inner["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(inner.get(key), dict):
            inner[key] = _computable(inner[key])
    if top and "properties" in inner:
        return inner
    if _takes_any_text(inner):
        return inner
    said = _told(inner)
    ways = inner["anyOf"] if "anyOf" in inner else [_typed(inner)]
    return {**said, "anyOf": [*(_typed(one) for one in ways), _to("expression")]}


def _takes_any_text(schema: Json) -> bool:
    if schema.get("type") == "string":
        return not {"enum", "pattern", "maxLength"} & schema.keys()
    if "anyOf" in schema:
        return any(_takes_any_text(one) for one in schema["anyOf"])
    return not {"type", "$ref", "enum", "const", "anyOf", "oneOf"} & schema.keys()


def _plain(schema: Any, *, nulls: bool) -> Any:
    """Without the titles that pydantic makes up; and without null where it only means left out."""
    if isinstance(schema, list):
        return [_plain(one, nulls=nulls) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, one in schema.items():
        if key == "properties":
            made[key] = {name: _plain(item, nulls=nulls) for name, item in one.items()}
        elif not (key == "title" or (key == "default" and one in (None, [], {}))):
            made[key] = _plain(one, nulls=nulls)
    return made if nulls else _without_null(made)


def _without_null(schema: Json) -> Json:
    ways = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(ways) != 1:
        return {**schema, "anyOf": ways} if ways else schema
    return {**ways[0], **{key: one for key, one in schema.items() if key != "anyOf"}}


def _to(name: str) -> Json:
    return {"$ref": f"#/definitions/{name}"}
