"""The shape of a pydantic model: which models, and so which names, may stand at a path. Pure."""

from collections.abc import Iterator, Sequence
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel


def models_at(annotation: Any, path: Sequence[str | int]) -> Iterator[type[BaseModel]]:
    """The models that may stand at a path under a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _under_model(annotation, path)
        return
    if get_origin(annotation) is not None and hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    for part in get_args(annotation):
        if part not in (NoneType, Ellipsis):
            rest = path[1:] if _is_container(annotation) else path
            yield from models_at(part, rest)


def _under_model(model: type[BaseModel], path: Sequence[str | int]) -> Iterator[type[BaseModel]]:
    if not path:
        yield model
    for name, info in model.model_fields.items():
        if path and path[0] in (name, info.alias):
            yield from models_at(info.annotation, path[1:])


def _is_container(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return (
        isinstance(origin, type) and issubclass(origin, tuple | list | dict)
    ) or "Mapping" in str(origin)
