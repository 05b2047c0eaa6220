"""The settings of a connection: raw in the file, judged by the model of its connector."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.errors import SettingError
from bridge.settings.document import Document

M = TypeVar("M", bound=BaseModel)


def connection_settings(
    name: str, raw: Mapping[str, Any], *, model: type[M], document: Document | None = None
) -> M:
    """One connection's settings. Raises SettingError with a line for each thing that is wrong."""
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        read = document or Document()
        lines = read.problems(error, model=model, under=("connections", name))
        raise SettingError("\n".join(lines)) from None


def connections(
    raw: Mapping[str, Mapping[str, Any]],
    *,
    models: Mapping[str, type[M]],
    document: Document | None = None,
) -> dict[str, M]:
    """Settings of all connections; `models` is by system. Raises one SettingError for all faults."""
    made: dict[str, M] = {}
    wrong: list[str] = []
    for name, given in raw.items():
        try:
            model = _model(name, given, models=models, document=document or Document())
            made[name] = connection_settings(name, given, model=model, document=document)
        except SettingError as error:
            wrong.append(str(error))
    if wrong:
        raise SettingError("\n".join(wrong))
    return made


def _model(
    name: str, raw: Mapping[str, Any], *, models: Mapping[str, type[M]], document: Document
) -> type[M]:
    system = raw.get("system")
    found = models.get(system) if isinstance(system, str) else None
    if found is None:
        said = "is missing" if system is None else f"{system!r} is not known"
        loc = ("connections", name, "system")
        raise SettingError(document.problem(loc, f"{said}; there are {', '.join(models)}"))
    return found
