"""The people in a record, by the data classes that are marked on its model."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from bridge.canonical.field import DataClass, mark

HIDDEN = "(not shown)"  # in place of personal data and free text


def personal(model: type[BaseModel], data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Part by part, the values of the fields marked personal: `{"id": …, "name": …, "email": …}`.

    `data` is a stored record or actor of that model; what does not fit the model is passed over.
    """
    own: dict[str, str] = {}
    for name, info in model.model_fields.items():
        value = data.get(name)
        if isinstance(value, str) and mark(info).data_class is DataClass.PERSONAL:
            own[name] = value
        items = value if isinstance(value, list | tuple) else [value]
        for part in _parts(info.annotation):
            for item in items:
                if isinstance(item, Mapping):
                    yield from personal(part, item)
    if own:
        yield own


def holds_people(annotation: Any) -> bool:
    """Whether what is so annotated has a part with a field that is marked personal."""
    return any(
        mark(info).data_class is DataClass.PERSONAL or holds_people(info.annotation)
        for part in _parts(annotation)
        for info in part.model_fields.values()
    )


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models in an annotation: `Person | None`, `tuple[Person, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)
