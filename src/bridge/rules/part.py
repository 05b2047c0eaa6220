"""What any part of a mapping file is made of: its base, and the words for its names and texts."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from bridge.canonical.event import Origin

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$", max_length=80)
]
MapName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Relation = Literal["mirrors", "originates", "promised_by", "released_in", "duplicates", "part_of"]


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[
    tuple[Name, ...], BeforeValidator(_several, json_schema_input_type=Name | tuple[Name, ...])
]
Texts = Annotated[
    tuple[Text, ...], BeforeValidator(_several, json_schema_input_type=Text | tuple[Text, ...])
]
Origins = Annotated[
    tuple[Origin, ...],
    BeforeValidator(_several, json_schema_input_type=Origin | tuple[Origin, ...]),
    Field(min_length=1),
]


class Form(BaseModel):
    """A part of a mapping file; a key that is not named here is refused.

    A plain text in its place is short for a mapping with the one key that `short` names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    short: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {cls.short: value} if cls.short and isinstance(value, str) else value
