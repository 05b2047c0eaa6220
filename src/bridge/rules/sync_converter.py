"""The converter of a pair with its options, or every mistake in them."""

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import ValidationError

from bridge.converters.contract import Converter
from bridge.converters.registry import BY_NAME
from bridge.rules.document import Path
from bridge.rules.problem import did_you_mean
from bridge.rules.sync_form import PairForm


@dataclass(frozen=True, kw_only=True)
class Built:
    """`mistakes`: where in the pair, and what."""

    converter: Converter | None = None
    mistakes: tuple[tuple[Path, str], ...] = ()


def built(form: PairForm, places: Collection[str]) -> Built:
    """`places`: the connections and systems that options may name."""
    name = form.converter
    if name is None:
        return Built()
    kind = BY_NAME.get(name)
    if kind is None:
        return Built(mistakes=((("as",), f"no converter `{name}`{did_you_mean(name, BY_NAME)}"),))
    try:
        made = kind.model_validate(dict(form.as_options))
    except ValidationError as error:
        return Built(mistakes=tuple(_mistakes(kind, error)))
    return Built(converter=made, mistakes=tuple(_strange(made, places)))


def _mistakes(kind: type[Converter], error: ValidationError) -> list[tuple[Path, str]]:
    told: list[tuple[Path, str]] = []
    for one in error.errors():
        where = ".".join(map(str, one["loc"])) or "it"
        if one["type"] == "extra_forbidden":
            near = did_you_mean(where, kind.model_fields)
            told.append((("as",), f"converter `{kind.name}` has no option `{where}`{near}"))
        else:
            said = one["msg"].removeprefix("Value error, ")
            told.append((("as",), f"option `{where}` of converter `{kind.name}`: {said}"))
    return told


def _strange(made: Converter, places: Collection[str]) -> list[tuple[Path, str]]:
    """Options by connection or system that name another one."""
    told: list[tuple[Path, str]] = []
    for option in type(made).model_fields:
        value = getattr(made, option)
        for name in value if isinstance(value, dict) else ():
            if name not in places:
                near = did_you_mean(name, places)
                told.append((("as",), f"option `{option}`: no system or connection `{name}`{near}"))
    return told
