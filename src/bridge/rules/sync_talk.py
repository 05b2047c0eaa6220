"""The form of what hangs on linked records, as a sync carries it to the other side: comments, files."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bridge.canonical.duration import Duration
from bridge.rules.part import Form, Names, Texts

_SIZE = re.compile(r"(\d{1,6})\s*(kb|mb|gb)?", re.IGNORECASE)
_UNITS = {"": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def _bytes(value: Any) -> Any:
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return value
    return int(found[1]) * _UNITS[(found[2] or "").lower()]


Bytes = Annotated[int, BeforeValidator(_bytes), Field(ge=1, le=2_000_000_000)]


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
    restricted: Literal["internal", "public"] = Field(
        default="internal",
        description=(
            "what a comment is on a record that few may see, as an issue with a security level"
        ),
    )
    earlier: Duration | None = Field(
        default=None,
        description=(
            "what was said so long before the two were linked is carried as well; left out: what was"
            " said since the event that made the link"
        ),
    )


class AttachmentsForm(Form):
    """Files on linked records, brought to the other side, and taken away there when they are deleted.

    They are streamed from one system to the other and never stored. One that is too large, or of
    another type, is not brought; the sync log says so.
    """

    origin: Names = Field(
        default=(), alias="from", description="connections whose files are brought; left out: both"
    )
    max: Bytes = Field(default=10_000_000, description="the largest that is brought: `10MB`")
    types: Texts = Field(
        default=("*/*",), description="MIME types that are brought: `image/*`, `application/pdf`"
    )
    unmarked: Literal["internal", "public"] = Field(
        default="internal",
        description=(
            "what a file is whose system does not say who may see it, as in a Service Management"
            " project"
        ),
    )
    restricted: Literal["internal", "public"] = Field(
        default="internal",
        description=(
            "what a file is on a record that few may see, as an issue with a security level"
        ),
    )
    earlier: Duration | None = Field(
        default=None,
        description=(
            "what was put there so long before the two were linked is brought as well; left out: what was"
            " put there since the event that made the link"
        ),
    )
