"""The form of what is said on linked records, as a sync carries it to the other side: comments."""

from typing import Literal

from pydantic import Field

from bridge.rules.part import Form, Names


class CommentsForm(Form):
    """Comments on linked records, carried to the other side with their edits and deletions.

    An internal, restricted or unpublished comment is never carried; one that becomes so is taken
    back there, for good. A copy names who wrote it, and when.
    """

    origin: Names = Field(
        default=(),
        alias="from",
        description="connections whose comments are carried; left out: both",
    )
    public: bool = Field(
        default=False,
        description=(
            "whether customers see the copies: published in Salesforce, public in a Service"
            " Management project"
        ),
    )
    unmarked: Literal["internal", "public"] = Field(
        default="internal",
        description=(
            "what a comment is whose system does not say who may see it, as on a Data Center without"
            " Service Management"
        ),
    )
