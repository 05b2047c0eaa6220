"""What any part of a mapping file is made of: its base, and the words for its names and texts."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$", max_length=80)
]
MapName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Relation = Literal["mirrors", "originates", "promised_by", "released_in", "duplicates", "part_of"]


class Form(BaseModel):
    """A part of a mapping file; a key that is not named here is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
