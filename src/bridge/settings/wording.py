"""What pydantic finds in settings, in words that say what would be right. Never with the value."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from bridge.canonical.shape import models_at

_RIGHT: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "should be text; quote it",
    "tuple_type": "should be a list: [one, two]",
    "list_type": "should be a list: [one, two]",
    "mapping_type": "should be a mapping of names to values",
    "dict_type": "should be a mapping of names to values",
    "model_type": "should be a mapping of names to values",
    "model_attributes_type": "should be a mapping of names to values",
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
    "int_parsing": "should be a whole number",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
}


def said(error: Any, model: type[BaseModel] | None = None) -> str:
    """One of pydantic's errors. With `model` an unknown name is told which one may be meant."""
    if error["type"] == "extra_forbidden" and model is not None:
        *place, name = error["loc"]
        holders = models_at(model, place)
        fields = (item for holder in holders for item in holder.model_fields.items())
        return no_such(str(name), (info.alias or field for field, info in fields))
    message = str(error["msg"]).removeprefix("Value error, ")
    return _RIGHT.get(error["type"], message[:1].lower() + message[1:])


def no_such(name: str, known: Iterable[str]) -> str:
    """For a name that means nothing: the one that may be meant, else all there are."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
    return f"no such setting; {hint}" if names else "no such setting"
