"""A document as one of the forms of the mapping files, or the problems in words for people."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bridge.canonical.shape import models_at
from bridge.rules.document import Document, Path
from bridge.rules.problem import Problem, did_you_mean, nearest
from bridge.rules.trap import remedy

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
_SIMPLER = {
    "string_type": "should be text",
    "tuple_type": "should be a list",
    "list_type": "should be a list",
    "mapping_type": "should be a mapping",
    "dict_type": "should be a mapping",
    "model_type": "should be a mapping",
    "model_attributes_type": "should be a mapping",
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
    "too_short": "should not be empty",
    "string_pattern_mismatch": "should be lower-case letters and digits, joined by - or _",
}


def validate(document: Document, model: type[M]) -> tuple[M | None, tuple[Problem, ...]]:
    """The form, or every problem pydantic finds, each at its line and column."""
    if not isinstance(document.value, dict):
        return None, (document.problem((), "the file is not a mapping; it starts `version: 1`"),)
    try:
        return model.model_validate(document.value), ()
    except ValidationError as error:
        return None, problems(document, error, model=model)


def items(document: Document, key: str, model: type[M]) -> Iterator[tuple[int, M]]:
    """The readable entries of a list: one with a mistake does not hide those of the others."""
    found = document.value.get(key) if isinstance(document.value, dict) else None
    for number, value in enumerate(found if isinstance(found, list) else ()):
        try:
            yield number, model.model_validate(value)
        except ValidationError:
            continue  # told already, with the whole file


def part(document: Document, key: str, adapter: TypeAdapter[Mapping[str, T]]) -> Mapping[str, T]:
    """The readable part of a file under a key, or nothing."""
    try:
        return adapter.validate_python(document.value[key])
    except (ValidationError, LookupError, TypeError):
        return {}  # told already, with the whole file


def problems(
    document: Document, error: ValidationError, *, model: type[BaseModel], under: Path = ()
) -> tuple[Problem, ...]:
    """All of pydantic's errors, each at its place. `under` is where the validated value stands."""
    details = told(error, model)
    return tuple(problem(document, one, model=model, under=under) for one in details)


def told(error: ValidationError, model: type[BaseModel]) -> tuple[ErrorDetails, ...]:
    """The errors worth telling: a key that is missing because it is misspelt is one mistake."""
    details = error.errors(include_url=False, include_context=False)
    meant = {
        (*one["loc"][:-1], nearest(str(one["loc"][-1]), _known(tuple(one["loc"]), model)))
        for one in details
        if one["type"] == "extra_forbidden"
    }
    return tuple(one for one in details if one["type"] != "missing" or one["loc"] not in meant)


def problem(
    document: Document, detail: ErrorDetails, *, model: type[BaseModel], under: Path = ()
) -> Problem:
    """One of pydantic's errors. `under` is where the validated value stands in the file."""
    inner: Path = tuple(detail["loc"])
    loc = (*under, *inner)
    match detail["type"]:
        case "extra_forbidden":
            return document.key_problem(loc, _unknown(inner, model))
        case "missing":
            return document.key_problem(loc[:-1], f"`{loc[-1]}` is missing")
        case _:
            return document.problem(loc, _words(document, detail, path=loc))


def _unknown(inner: Path, model: type[BaseModel]) -> str:
    return f"unknown key `{inner[-1]}`{did_you_mean(str(inner[-1]), _known(inner, model))}"


def _known(inner: Path, model: type[BaseModel]) -> list[str]:
    return [name for holder in models_at(model, inner[:-1]) for name in keys(holder)]


def keys(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a form as they are written."""
    fields = model.model_fields.items()
    return tuple(info.alias or name for name, info in fields if name != "calls")


def _words(document: Document, detail: ErrorDetails, *, path: Path) -> str:
    said = detail["msg"].removeprefix("Value error, ")
    said = _SIMPLER.get(detail["type"], said.replace("Input should be", "should be"))
    given = detail["input"]
    if detail["type"] == "string_type" and isinstance(given, int | float | bool):
        return f"{said}; quote it: '{str(given).lower() if isinstance(given, bool) else given}'"
    if detail["type"] == "string_type":
        place = document.places.get(document.nearest(path))
        line = document.lines[place.line - 1] if place else ""
        return f"{said}{remedy(line, 0)}"
    return f"{said}; got {given!r}" if isinstance(given, str | int | float) else said
