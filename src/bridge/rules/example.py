"""The form of a test inside a rule: what is given, and what is expected of it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bridge.canonical.event import Origin
from bridge.rules.part import Form, Name, Relation, Text


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


class Given(BaseModel):
    """The event of a test. The record stands under its kind's name."""

    model_config = ConfigDict(frozen=True, extra="allow")

    event: Text = Field(description="`feedback.created`, `work_item.updated`, `feedback.requested`")
    before: Mapping[str, Any] | None = Field(default=None, description="the record before")
    changed: tuple[str, ...] = Field(default=(), description="changed fields, without `before`")
    linked: tuple[LinkedForm, ...] = ()
    now: str = Field(default="2026-01-15T12:00:00Z", description="the time of the test")
    since: str | None = Field(
        default=None,
        description="of a time event: when the record came in or last changed; left out: long enough ago",
    )
    origin: Origin = Origin.WEBHOOK


class Example(Form):
    """A test inside a rule; it runs whenever the rule is loaded."""

    name: Text
    given: Given
    expect: tuple[str | Mapping[str, Mapping[str, Any] | None], ...] = Field(
        description="actions in order, each alone or with some of its fields; [] for nothing"
    )
