"""What the fields of an issue are given."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, JsonValue
from typing_extensions import override

from bridge.connectors.action import Action
from bridge.connectors.jira import wiki
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.wiki import Markup

_USERS = frozenset({"assignee", "reporter"})  # others that hold users only Jira knows


class IssueValues(Action[JiraClient]):
    """The fields that most mappings set, and any other by its id or name.

    A value left out leaves its field alone; `fields: {duedate: null}` empties one.
    """

    longest: ClassVar[Mapping[str, int]] = {
        "summary": wiki.MAX_LINE,
        "description": wiki.MAX_TEXT,
        "priority": wiki.MAX_LINE,
    }

    description: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] | None = None
    assignee: str | None = Field(default=None, description="account id, e-mail address or name")
    due: str | None = Field(default=None, description="a day, 2027-01-31")
    parent: str | None = Field(default=None, description="id, key or ref of an issue")
    fields: Mapping[str, JsonValue] = {}
    markup: Markup = Field(default="text", description="wiki: the texts are wiki markup of ours")

    def _values(self, summary: str | None) -> dict[str, Any]:
        named = {
            "summary": summary,
            "description": self.description,
            "priority": self.priority,
            "labels": self.labels,
            "assignee": self.assignee,
            "duedate": self.due,
            "parent": self.parent,
        }
        said = {name: value for name, value in named.items() if value is not None}
        return {**said, **self.fields}

    @override
    def naming(self, account: Callable[[str], str | None]) -> Self:
        said = {name: one for name, one in self.fields.items() if name.casefold() in _USERS}
        known = {name: account(one) for name, one in said.items() if one and isinstance(one, str)}
        fields = {name: one for name, one in known.items() if one is not None}
        assignee = account(self.assignee) if self.assignee else None
        if not fields and assignee is None:
            return self
        told = {"assignee": assignee or self.assignee, "fields": {**self.fields, **fields}}
        return self.model_copy(update=told)
