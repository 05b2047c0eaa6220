"""The form of `syncs/*.yaml`: which fields of two linked records agree, and whose word counts."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bridge.rules.form import keys
from bridge.rules.model import CapsForm, Maps
from bridge.rules.part import Form, MapName, Name, Names, Text, Texts
from bridge.rules.sync_example import SyncExample
from bridge.rules.sync_talk import AttachmentsForm, CommentsForm

LATEST, ASK = "latest", "ask"
OFF = "off"  # the mode of a sync that is there to be switched on
OPTIONS = "as_options"  # holds what stands under the name of a converter
ENDS = "of_each"  # holds what stands under the names of the connections


class PairForm(Form):
    """Two fields that agree: under the name of each connection a field of its record kind, such as
    `salesforce: title` and `jira: title`, and the owner.
    """

    of_each: Mapping[str, str] = Field(description="connection -> field of its record kind")
    owner: Text = Field(
        description=(
            "whose word counts: one of the two connections; `latest`: who changed it last; `ask`:"
            " a person, where both have changed it"
        )
    )
    map: MapName | None = Field(
        default=None,
        description="a map from the first source's word to the second's, read backwards for the way back",
    )
    converter: Name | None = Field(
        default=None,
        alias="as",
        description=(
            "a converter, where the two write the same differently; with options as"
            " `{date: {moments: {salesforce: Europe/Madrid}}}`"
        ),
    )
    as_options: Mapping[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _ends(cls, value: Any) -> Any:
        if not isinstance(value, dict) or ENDS in value:
            return value
        known = set(keys(cls))
        ends = {key: item for key, item in value.items() if key not in known}
        return _apart({ENDS: ends, **{key: item for key, item in value.items() if key in known}})

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.map is not None and self.converter is not None:
            raise ValueError("`map` or `as`, not both: a map says which word, a converter how")
        return self


def _apart(value: dict[str, Any]) -> dict[str, Any]:
    """The name of a converter and its options."""
    said = value.get("as")
    if not isinstance(said, dict) or len(said) != 1:
        return value
    ((name, options),) = said.items()
    return {**value, "as": name, OPTIONS: options if isinstance(options, dict) else {"": options}}


class SyncForm(Form):
    """Fields of two linked records that are kept the same, in both directions, and their comments.

    A sync makes no record and deletes none; what links two records makes them agree.
    """

    id: Name = Field(description="name of the sync, once in all files")
    description: Text = Field(description="one sentence for people")
    between: Annotated[tuple[Name, ...], Field(min_length=2, max_length=2)] = Field(
        description="two sources by id; first that of the record which links start from"
    )
    roles: Names = Field(
        default=(), description="only links in these roles; left out: those that mirror"
    )
    stop: Mapping[Name, Text] = Field(
        default={},
        description=(
            "connection -> condition over its record, `feedback.stopped == true`: while one holds,"
            " nothing is written to either end"
        ),
    )
    never: Mapping[Name, Texts] = Field(
        default={}, description="connection -> vendor fields that nobody writes, no rule either"
    )
    fields: tuple[PairForm, ...] = Field(default=(), description="pairs of fields that agree")
    comments: CommentsForm | None = Field(
        default=None, description="comments are carried to the other side; `{}`: both ways"
    )
    attachments: AttachmentsForm | None = Field(
        default=None, description="files are brought to the other side; `{}`: both ways"
    )
    mode: Literal["live", "observe", "off"] = Field(
        default="live", description="observe: held, not sent; off: checked and tested, and no more"
    )
    caps: CapsForm = Field(
        default=CapsForm(),
        description="how much it may write before it is held; left out: the usual",
    )
    tests: tuple[SyncExample, ...] = Field(
        default=(), description="two linked records, and what is to become of their fields"
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.fields or self.comments or self.attachments):
            raise ValueError("say what agrees: `fields`, `comments` or `attachments`")
        return self


class SyncFile(Form):
    """A file under `syncs/`."""

    version: Literal[1]
    maps: Maps = Field(default={}, description="maps by name; names are shared by all files")
    syncs: tuple[SyncForm, ...] = ()
