"""The form of a test inside a sync: two linked records, and what is to become of their fields."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.rules.part import Form, Name, Text

Outcome = (
    Literal["in_step", "conflict", "left_alone"]
    | Annotated[Mapping[str, Any], Field(min_length=1, max_length=1)]
)


class SyncGiven(BaseModel):
    """Two linked records. What each shows stands under its connection's name."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Mapping[str, Any]] = Field(init=False)

    agreed: Mapping[Name, Mapping[str, Any]] | None = Field(
        default=None,
        description=(
            "what each showed when the two agreed last, by connection; a field that is not named"
            " there was as it is now; left out altogether: they have never agreed"
        ),
    )
    changed_at: Mapping[Name, Text] = Field(
        default={},
        description="connection -> when its fields were changed; asked for where the later one counts",
    )


class SyncExample(Form):
    """A test inside a sync; it runs whenever the sync is loaded."""

    name: Text
    given: SyncGiven
    expect: Mapping[str, Outcome] = Field(
        description=(
            "pair -> `{jira: value}`, what is written and where; `in_step`; `conflict`, somebody is"
            " asked; `left_alone`, or `{left_alone: part of the reason}`. Of pairs that are not named"
            " none is written or asked about"
        )
    )
