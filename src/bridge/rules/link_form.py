"""The form of `links:` in `rules/*.yaml`: how many a record may have in a role, and what they add up to."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from bridge.rules.part import Form


class AddedUpForm(Form):
    """How the work that is linked in this role counts, where a record has several."""

    status: Literal["least", "most"] = Field(
        default="least", description="the status of the least advanced, or of the most advanced"
    )
    due: Literal["latest", "earliest"] = Field(
        default="latest", description="the due date that counts"
    )


def _none(value: Any) -> Any:
    return None if value == "none" else value


class LinksForm(Form):
    """Links in one role, or of one relation: the role's word counts before the relation's."""

    cardinality: Literal["1:1", "1:n", "n:1", "n:m"] | None = Field(
        default=None,
        description=(
            "left to right: `1:n` is many right records for one left one. Left out: `1:1` for"
            " `mirrors`, `n:1` for what a rule makes, else `n:m`"
        ),
    )
    rollup: Annotated[
        AddedUpForm | None,
        BeforeValidator(_none, json_schema_input_type=AddedUpForm | Literal["none"]),
    ] = Field(
        default=AddedUpForm(),
        description="what they add to `rollup` of the left record; `none`: they are not in it",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("say `cardinality`, `rollup` or both")
        return self
