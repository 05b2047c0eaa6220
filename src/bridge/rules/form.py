"""A document as one of the forms of the mapping files, or the problems in words for people."""

import re
from collections.abc import Collection, Iterator
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bridge.canonical.shape import models_at
from bridge.rules.document import Document, Path
from bridge.rules.problem import Problem, did_you_mean, nearest
from bridge.rules.trap import remedy

M = TypeVar("M", bound=BaseModel)
_UNIONS = frozenset({"int", "float", "bool", "str"})  # how pydantic names the types of a union
_DAYS = frozenset({"date_parsing", "date_type", "date_from_datetime_parsing"})
_CONDITIONS = frozenset({"if", "only"})
_NAMES = "should be lower-case letters and digits, joined by - or _"
# fields that hold what stands under any other key, or inside of one
OPEN = frozenset({"calls", "of_each", "as_options"})
_HTTP = "should begin with https:// or http://"
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
    return tuple(one for one in details if not _said_elsewhere(one, details, meant))


def _said_elsewhere(
    one: ErrorDetails,
    details: Collection[ErrorDetails],
    meant: Collection[tuple[str | int | None, ...]],
) -> bool:
    """Is it what follows from another mistake: a key misspelt, a list too short without a wrong item,
    or one of several types that a value could have had?"""
    loc = tuple(one["loc"])
    match one["type"]:
        case "missing":
            return loc in meant
        case "too_short":
            return any(
                tuple(other["loc"])[: len(loc)] == loc != tuple(other["loc"]) for other in details
            )
        case kind:
            texts = (o["loc"][:-1] for o in details if o["type"] == "string_type" and o is not one)
            return kind != "string_type" and bool(loc) and loc[-1] in _UNIONS and loc[:-1] in texts


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
    return tuple(info.alias or name for name, info in fields if name not in OPEN)


def _words(document: Document, detail: ErrorDetails, *, path: Path) -> str:
    given, kind = detail["input"], detail["type"]
    if kind in {"literal_error", "enum"}:
        return _choice(detail)
    if given is None:
        name = next((str(one) for one in reversed(document.nearest(path))), "")
        lost = f"is a `:` missing in it? Write {name.replace(' ', ': ', 1)}" if " " in name else ""
        return f"`{name}` has no value; {lost or 'write one, or take the key out'}"
    if kind == "string_type":
        return _text(document, given, path=path)
    said = detail["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    said = "should be a day such as 2026-01-31" if kind in _DAYS else _SIMPLER.get(kind, said)
    if kind == "string_pattern_mismatch":
        said = _HTTP if "^https?://" in said else _NAMES
    plain = isinstance(given, str | int | float) and repr(given) not in said
    return f"{said}; got {given!r}" if plain else said


def _text(document: Document, given: object, *, path: Path) -> str:
    """Something else stands where a text should."""
    if isinstance(given, bool) and path[-1] in _CONDITIONS:
        return (
            "a condition asks something; to switch a rule off take it out, or say `mode: observe`"
        )
    if isinstance(given, int | float):
        return f"should be text; quote it: '{str(given).lower() if isinstance(given, bool) else given}'"
    place = document.places.get(document.nearest(path))
    line = document.lines[place.line - 1] if place else ""
    return f"should be text{remedy(line, 0)}"


def _choice(detail: ErrorDetails) -> str:
    """One of a few words was meant; a number is one when it is the version."""
    words = re.findall(r"'([^']+)'", detail["msg"])
    given = detail["input"]
    if not words or not isinstance(given, str):
        said = detail["msg"].replace("Input should be", "should be")
        return f"{said}; got {'nothing' if given is None else repr(given)}"
    near = nearest(given, words)
    hint = f"; did you mean `{near}`?" if near else ""
    return f"{given!r} is none of {', '.join(words)}{hint}"
