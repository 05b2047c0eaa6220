"""Make an issue, and change one."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, JsonValue
from typing_extensions import override

from bridge.connectors.contract import Action, Outcome, Receipt, Repeat
from bridge.connectors.jira.address import address
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.form import Form, UnknownField
from bridge.connectors.jira.mark import mark_label, mark_property, ours
from bridge.connectors.jira.receipt import addressed_issue, shown_issue
from bridge.connectors.jira.wiki import Markup
from bridge.connectors.jira.writing import write
from bridge.errors import PermanentError

# Our deadline plus the lag of Jira's search index: until then "not found" proves nothing.
CREATE_SETTLE_SECONDS = 60.0


class _IssueValues(Action[JiraClient]):
    """The fields that most mappings set, and any other by its id or name.

    A value left out leaves its field alone; `fields: {duedate: null}` empties one.
    """

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


class CreateIssue(_IssueValues):
    """Make an issue. Its write key goes with it, as a label and as a property, in one request."""

    kind: ClassVar[str] = "jira.create_issue"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    settle: ClassVar[float] = CREATE_SETTLE_SECONDS
    creates: ClassVar[str | None] = "issue"
    fields_from: ClassVar[str | None] = "fields"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"project": "ENG", "type": "Task", "summary": "Export loses the last row"},
        {
            "project": "ENG",
            "type": "Bug",
            "summary": "Router restarts at noon",
            "description": "Reported by three customers.",
            "priority": "High",
            "labels": ["customer-feedback"],
            "due": "2027-01-31",
            "fields": {"Severity": "Critical"},
        },
    )

    project: str | None = Field(
        default=None, description="key; the connection's project if left out"
    )
    type: str
    summary: str

    @override
    def ordering_key(self) -> str:
        return ""  # nothing there yet to be in order with

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        project = self._project(client)
        values = self._marked(key)
        written = write(
            lambda fields: client.create_issue(
                {"project": {"key": project}, "issuetype": {"name": self.type}, **fields},
                [mark_property(key)],
            ),
            values,
            form=lambda: _markable(client.create_form(project, self.type)),
            fresh=lambda: _markable(self._fresh(client, project)),
            people=client,
            markup=self.markup,
        )
        return shown_issue(client, written.answer, note=written.note, wrote=written.fields)

    @override
    def find(self, client: JiraClient, key: str) -> Receipt | None:
        """By the label. The lowest id is the first that was made."""
        found = list(client.search(f'labels = "{mark_label(key)}"', ["summary"]))
        if not found:
            return None
        return shown_issue(client, min(found, key=lambda issue: int(issue["id"])))

    def _project(self, client: JiraClient) -> str:
        project = self.project or client.settings.project
        if project is None:
            raise PermanentError(
                "jira: no project: name one in the mapping or as the connection's `project`",
                code="project",
            )
        return project

    def _marked(self, key: str) -> dict[str, Any]:
        values = self._values(self.summary)
        said = values.get("labels")
        labels = [said] if isinstance(said, str) else list(said or ())
        return {**values, "labels": [*labels, mark_label(key)]}

    def _fresh(self, client: JiraClient, project: str) -> Form:
        client.forget_forms()
        return client.create_form(project, self.type)


class UpdateIssue(_IssueValues):
    """Set fields of an issue."""

    kind: ClassVar[str] = "jira.update_issue"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "issue"
    fields_from: ClassVar[str | None] = "fields"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"issue": "jira:issue:10231", "priority": "Highest"},
        {"issue": "ENG-12", "summary": "Export loses two rows", "fields": {"duedate": None}},
    )

    issue: str
    summary: str | None = None

    @override
    def ordering_key(self) -> str:
        return self.issue

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
            client, issue, outcome=outcome, note=written.note, wrote=written.fields
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


def _markable(form: Form) -> Form:
    if "labels" not in form:
        raise UnknownField(
            f"jira: {form.what} has no field Labels on its create screen; add it there: by a label"
            " Bridge finds its own issue again instead of making a second one",
            code="labels",
        )
    return form


def _edit(client: JiraClient, issue: str, fields: Mapping[str, Any]) -> None:
    if fields:
        client.edit_issue(issue, fields)
