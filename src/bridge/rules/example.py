"""The form of a test inside a rule: what is given, and what is expected of it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bridge.canonical.duration import Duration
from bridge.canonical.event import ActorKind, Origin
from bridge.rules.part import Form, Name, Names, Origins, Relation, Text


class RollupForm(Form):
    """All work linked to one record, in a test."""

    status: str | None = None
    due: str | None = None
    done: int = 0
    total: int = 0


class LinkedForm(BaseModel):
    """A linked record in a test: its kind is the key its fields stand under."""

    model_config = ConfigDict(frozen=True, extra="allow")

    role: Name = "task"
    relation: Relation = "originates"
    ref: str | None = Field(default="", description="empty: one is made up; null: not there yet")
    connection: str | None = None
    key: str | None = None
    url: str | None = None
    rollup: RollupForm = RollupForm()


class EventForm(Form):
    """The event of a test, with what `event` says in expressions. A plain text is short for `kind`."""

    short: ClassVar[str] = "kind"

    kind: Text = Field(
        description="`feedback.created`, `work_item.updated`, `feedback.requested`, …"
    )
    subject: Text | None = Field(
        default=None, description="ref of the record: `jira:issue:10231`; left out: one is made up"
    )
    version: Text = "1"
    occurred_at: str | None = Field(default=None, description="left out: the time of the test")
    recorded_at: str | None = Field(default=None, description="left out: the time of the test")
    actor_id: Text | None = Field(default=None, description="who did it; left out: nobody known")
    actor_name: str | None = None
    actor_kind: ActorKind = ActorKind.UNKNOWN
    department: str | None = None
    customer: str | None = None
    project: str | None = None
    stale: bool = Field(default=False, description="a newer state of the record was known")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Events = Annotated[
    tuple[EventForm, ...],
    BeforeValidator(_listed, json_schema_input_type=EventForm | tuple[EventForm, ...]),
    Field(min_length=1),
]


class Given(BaseModel):
    """The event of a test. The record stands under its kind's name."""

    model_config = ConfigDict(frozen=True, extra="allow")

    event: Events = Field(
        description="what happened: `feedback.created`, `feedback.requested`; of a list each is tried"
    )
    before: Mapping[str, Any] | None = Field(default=None, description="the record before")
    changed: tuple[str, ...] = Field(default=(), description="changed fields, without `before`")
    linked: tuple[LinkedForm, ...] = ()
    now: str = Field(default="2026-01-15T12:00:00Z", description="the time of the test")
    since: str | None = Field(
        default=None,
        description="of a time event: when the record came in or last changed; left out: long enough ago",
    )
    origin: Origins = Field(
        default=(Origin.WEBHOOK,),
        description="how the event came, left out: `webhook`; of a list each is tried",
    )


class Expected(Form):
    """One action: with some of its fields, and how its rule or step says it is sent."""

    calls: Mapping[str, Mapping[str, Any] | None] = Field(description="the action and its fields")
    id: Name | None = Field(default=None, description="name of the step")
    connection: Name | None = None
    role: Name | None = None
    relation: Relation | None = None
    expires: Duration | None = None
    waits_for: Names = ()
    merge: Literal["never"] | None = None
    urgent: bool | None = None
    route: Mapping[str, Any] | None = Field(
        default=None,
        description="of an alert: some of its `group`, `labels`, `title`, `fingerprint`",
    )
    mode: Literal["live", "observe"] | None = None
    dead_head: Literal["block", "pass"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _calls(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"calls": {value: {}}}
        if not isinstance(value, dict) or "calls" in value:
            return value
        calls = {key: item for key, item in value.items() if "." in key}
        return {**{key: item for key, item in value.items() if "." not in key}, "calls": calls}

    @model_validator(mode="after")
    def _one_call(self) -> Self:
        if len(self.calls) != 1:
            raise ValueError("expect one action an entry, such as `jira.create_issue: {…}`")
        return self

    @property
    def action(self) -> str:
        return next(iter(self.calls))

    @property
    def args(self) -> Mapping[str, Any]:
        return self.calls[self.action] or {}


class Example(Form):
    """A test inside a rule; it runs whenever the rule is loaded."""

    name: Text
    given: Given
    expect: tuple[Expected, ...] = Field(
        description="actions in order, each alone or with some of its fields; [] for nothing"
    )
