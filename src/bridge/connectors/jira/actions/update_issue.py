"""Set fields of an issue."""

import re
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Outcome, Receipt, Repeat
from bridge.connectors.jira.actions.issue_values import IssueValues
from bridge.connectors.jira.actions.on_issue import OnIssue
from bridge.connectors.jira.address import address
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.mark import ours
from bridge.connectors.jira.receipt import addressed_issue
from bridge.connectors.jira.writing import write

_CUSTOM = re.compile(r"customfield_\d+(\.(value|name|id|accountId|key))?")
_SET_BY = {
    **{one: one for one in ("summary", "description", "environment", "duedate", "labels")},
    "priority.name": "priority",
    "fixVersions.name": "fixVersions",
    "versions.name": "versions",
    "components.name": "components",
    "assignee.accountId": "assignee",  # Cloud
    "assignee.name": "assignee",  # Data Center
    "reporter.accountId": "reporter",
    "reporter.name": "reporter",
    "parent.key": "parent",
}
_NO_USER = frozenset({"summary", "description", "priority", "labels", "duedate", "parent"})


class UpdateIssue(OnIssue, IssueValues):
    """Set fields of an issue."""

    kind: ClassVar[str] = "jira.update_issue"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    fields_from: ClassVar[str | None] = "fields"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"issue": "jira:issue:10231", "priority": "Highest"},
        {"issue": "ENG-12", "summary": "Export loses two rows", "fields": {"duedate": None}},
    )

    summary: str | None = None

    @override
    def sets(self) -> Mapping[str, Any]:
        values = self._values(self.summary)
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    @override
    @classmethod
    def field_for(cls, object_: str, path: str) -> str | None:
        """The field whose value, or the name, word or account in it, a source reads there."""
        if object_ != "issue":
            return None
        if _CUSTOM.fullmatch(path):
            return path.partition(".")[0]
        return _SET_BY.get(path)

    @override
    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        """Texts as they are: what a sync carries is Jira's own markup already."""
        return cls(issue=str(ref), fields=values, markup="wiki")

    @override
    def manner(self) -> str:
        return self.markup

    @override
    def merged(self, later: Self) -> Self | None:
        """All values under their fields' ids, the later ones last: one may be named in two ways."""
        if (self.issue, self.markup) != (later.issue, later.markup):
            return None
        before, after = self.sets(), later.sets()
        again = {name: value for name, value in after.items() if before.get(name, value) != value}
        if any(_may_be_left(name, value) for name, value in again.items()):
            return None
        kept = {name: value for name, value in before.items() if name not in after}
        return type(self)(issue=self.issue, markup=self.markup, fields={**kept, **after})

    @override
    def without(self, names: Collection[str]) -> Self:
        kept = {name: value for name, value in self.sets().items() if name not in names}
        return type(self)(issue=self.issue, markup=self.markup, fields=kept)

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        """The list of all fields tells the shapes; the issue's own form is read on a refusal."""
        issue = address(self.issue)
        values = self._values(self.summary)
        if not values:
            return addressed_issue(client, issue, outcome=Outcome.UNCHANGED)
        written = write(
            lambda fields: _edit(client, issue, fields),
            self._with_our_labels(client, issue, values),
            form=client.field_list,
            fresh=lambda: client.edit_form(issue),
            people=client,
            markup=self.markup,
        )
        outcome = Outcome.DONE if written.fields else Outcome.UNCHANGED
        return addressed_issue(
            client,
            issue,
            outcome=outcome,
            note=written.note,
            wrote=written.fields,
            strangers=written.strangers,
        )

    def _with_our_labels(
        self, client: JiraClient, issue: str, values: dict[str, Any]
    ) -> dict[str, Any]:
        """Labels are set whole, and losing our mark would make a replay create a second issue."""
        if "labels" not in values:
            return values
        said = values["labels"]
        labels = [said] if isinstance(said, str) else list(said or ())
        held = client.issue(issue, ["labels"])["fields"].get("labels") or ()
        return {**values, "labels": [*labels, *(one for one in ours(held) if one not in labels)]}


def _may_be_left(name: str, value: Any) -> bool:
    """A user whom Jira does not know leaves the field as it is: then what was before must be said.

    Which fields hold users only Jira knows; those that surely do not are named here.
    """
    return name not in _NO_USER and isinstance(value, str | list | tuple)


def _edit(client: JiraClient, issue: str, fields: Mapping[str, Any]) -> None:
    if fields:
        client.edit_issue(issue, fields)
