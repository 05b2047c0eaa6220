"""What a canonical field is besides its type: whether it is tracked, and whose data it holds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class DataClass(StrEnum):
    """How sensitive a field is. Logs, exports and erasure go by it."""

    BUSINESS = "business"
    PERSONAL = "personal"
    CONTENT = "content"  # free text that people wrote: it may hold anything


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Metadata beside a field's type."""

    data_class: DataClass = DataClass.BUSINESS
    tracked: bool = False
    request: bool = False  # true is somebody's wish that stands until it is met


TRACKED = Mark(tracked=True)
REQUEST = Mark(tracked=True, request=True)
PERSONAL = Mark(data_class=DataClass.PERSONAL)
CONTENT = Mark(data_class=DataClass.CONTENT, tracked=True)

PersonalText = Annotated[str, PERSONAL]


class Record(BaseModel):
    """The base of every record kind and its parts.

    A field that was never set is *unknown* (the source did not say); a field set to `None` is
    *empty* at the vendor. `model_fields_set` tells them apart, and `model_dump(exclude_unset=True)`
    keeps the difference in storage.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


def mark(info: FieldInfo) -> Mark:
    """The mark of a field, or the plain one."""
    return next((item for item in info.metadata if isinstance(item, Mark)), Mark())


def tracked(model: type[Record]) -> frozenset[str]:
    """Names of the fields whose changes are kept as history."""
    return frozenset(name for name, info in model.model_fields.items() if mark(info).tracked)


def requests(model: type[Record]) -> frozenset[str]:
    """Names of the fields that hold a wish: true is news when it is first seen, whenever it was set."""
    return frozenset(name for name, info in model.model_fields.items() if mark(info).request)


def data_classes(model: type[Record]) -> dict[str, DataClass]:
    """Data class of each field by name."""
    return {name: mark(info).data_class for name, info in model.model_fields.items()}
