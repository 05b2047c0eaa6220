"""What Jira sends, as Atlassian documents it: unknown fields ignored, missing ones are errors.

Ids are numbers in link, project and sprint payloads and in Automation's formats, and texts in
issue and comment payloads: they are texts here. Names in the payloads are camelCase.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


def vendor_id(value: Any) -> Any:
    """An id as text, whether it came as a number or as text; anything else as it came."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


VendorId = Annotated[str, BeforeValidator(vendor_id), Field(min_length=1)]
Milliseconds = Annotated[int, Field(ge=0)]


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class User(_Payload):
    """Cloud names people by `accountId`, Data Center by `name` and `key`."""

    account_id: str | None = None
    account_type: str | None = None
    name: str | None = None
    key: str | None = None
    display_name: str | None = None

    @property
    def id(self) -> str | None:
        return self.account_id or self.name or self.key


class Issue(_Payload):
    """REST v2 `Get issue` without expansions; trimmed to a few fields in comment events."""

    id: VendorId
    key: str | None = None
    fields: Mapping[str, Any] = {}


class ChangelogItem(_Payload):
    """`from` and `to` are ids or null, the two strings are for people.

    `fieldId` is missing on old Data Center; `field` is a display name, which may be translated.
    """

    field: str
    field_id: str | None = None
    before: Any = Field(default=None, alias="from")
    before_text: str | None = Field(default=None, alias="fromString")
    after: Any = Field(default=None, alias="to")
    after_text: str | None = Field(default=None, alias="toString")


class Changelog(_Payload):
    id: VendorId | None = None
    items: tuple[ChangelogItem, ...] = ()


class History(_Payload):
    """One entry of an issue's changelog, as REST shows it. `author` is missing where it was nobody."""

    id: VendorId
    author: User | None = None
    created: str
    items: tuple[ChangelogItem, ...] = ()


class Envelope(_Payload):
    """What every webhook has. `timestamp` is epoch milliseconds."""

    webhook_event: str
    timestamp: Milliseconds | None = None
    user: User | None = None


class IssueEvent(Envelope):
    """`comment` is there on Data Center when a comment made the event."""

    issue: Issue
    issue_event_type_name: str | None = Field(default=None, alias="issue_event_type_name")
    changelog: Changelog | None = None
    comment: Mapping[str, Any] | None = None


class Comment(_Payload):
    """`jsdPublic` false is an internal note; `visibility` restricts who may read it.

    `properties` are there where the comment was read by id.
    """

    id: VendorId
    self: str | None = None
    author: User | None = None
    update_author: User | None = None
    created: str | None = None
    updated: str | None = None
    jsd_public: bool | None = None
    visibility: Any = None
    properties: Any = None


class CommentEvent(Envelope):
    """No `user` on Cloud; neither `user` nor `issue` on Data Center."""

    comment: Mapping[str, Any]
    issue: Issue | None = None


class VersionEvent(Envelope):
    """A merge is a deletion that names where its issues went."""

    version: Mapping[str, Any]
    merged_to: Mapping[str, Any] | None = None


class SprintEvent(Envelope):
    sprint: Mapping[str, Any]


class ProjectEvent(Envelope):
    project: Mapping[str, Any]


class IncludedIssue(_Payload):
    """Something else that shows its issue; Service Management's old automation."""

    timestamp: Milliseconds | None = None
    user: User | None = None
    issue: Issue
    comment: Mapping[str, Any] | None = None


class AutomationData(_Payload):
    """The custom data that our README proposes for Automation's "Send web request"."""

    issue_id: VendorId
    issue_key: str | None = None
    event_id: str | None = None
    updated: str | None = None
