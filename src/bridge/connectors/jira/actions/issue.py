"""Make an issue, and change one."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import Field, JsonValue
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Outcome, Receipt, Repeat
from bridge.connectors.jira import wiki
from bridge.connectors.jira.address import address, told_ref
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.fields import Shaped, shape, shape_formless
from bridge.connectors.jira.form import Form, UnknownField
from bridge.connectors.jira.mark import mark_label, mark_property, ours
from bridge.connectors.jira.receipt import addressed_issue, shown_issue
from bridge.connectors.jira.wiki import Markup
from bridge.connectors.jira.writing import write
from bridge.connectors.packing import Parcel, in_one_call
from bridge.errors import DeliveryError, PermanentError

# Our deadline plus the lag of Jira's search index: until then "not found" proves nothing.
CREATE_SETTLE_SECONDS = 60.0
BULK_CREATE = 50  # Atlassian, REST reference: issues a bulk create
BULK_ROOM = 1_000_000  # characters of one: no maximum is documented, and a call has a deadline
FIELD = 8  # characters of a field beside its name and value
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
_USERS = frozenset(
    {"assignee", "reporter"}
)  # of every issue; which other fields hold users only Jira knows


class _IssueValues(Action[JiraClient]):
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


class CreateIssue(_IssueValues):
    """Make an issue. Its write key goes with it, as a label and as a property, in one request."""

    kind: ClassVar[str] = "jira.create_issue"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    settle: ClassVar[float] = CREATE_SETTLE_SECONDS
    creates: ClassVar[str | None] = "issue"
    fields_from: ClassVar[str | None] = "fields"
    batch: ClassVar[int] = BULK_CREATE
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
        project = self.place(client)
        written = write(
            lambda fields: client.create_issue(
                {**self._head(project), **fields}, [mark_property(key)]
            ),
            self._marked(key),
            form=lambda: _markable(client.create_form(project, self.type)),
            fresh=lambda: _markable(self._fresh(client, project)),
            people=client,
            markup=self.markup,
        )
        return shown_issue(
            client,
            written.answer,
            note=written.note,
            wrote=written.fields,
            strangers=written.strangers,
        )

    @override
    def batch_key(self) -> str | None:
        """Projects and types may be mixed."""
        return ""

    @override
    @classmethod
    def run_batch(
        cls, client: JiraClient, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        """Shaped by the forms that are known: what they or Jira refuse is read anew when alone."""
        forms = _Forms(client)

        def make(one: Self, key: str) -> Parcel[_Draft]:
            return one.parcel(forms.of(one.place(client), one.type), client, key)

        def send(parcels: Sequence[Parcel[_Draft]]) -> list[Receipt | DeliveryError]:
            drafts = [each.body for each in parcels]
            answers = client.create_issues([draft.body for draft in drafts])
            return [
                answer if isinstance(answer, DeliveryError) else draft.receipt(client, answer)
                for answer, draft in zip(answers, drafts, strict=True)
            ]

        return in_one_call(batch, make=make, send=send, room=BULK_ROOM)

    def parcel(self, form: Form, client: JiraClient, key: str) -> Parcel["_Draft"]:
        """It as an element of a bulk create. Raises what a look-up of a person may."""
        shaped = shape(self._marked(key), form, people=client, markup=self.markup)
        fields = {**self._head(self.place(client)), **shaped.fields}
        draft = _Draft({"fields": fields, "properties": [mark_property(key)]}, shaped)
        size = sum(len(name) + len(str(value)) + FIELD for name, value in fields.items())
        return Parcel(place=key, body=draft, size=size)

    @override
    def sends(self) -> Mapping[str, Any]:
        return shape_formless(self._values(self.summary), markup=self.markup)

    @override
    def find(self, client: JiraClient, key: str) -> Receipt | None:
        """By the label. The lowest id is the first that was made."""
        found = list(client.search(f'labels = "{mark_label(key)}"', ["summary"]))
        if not found:
            return None
        return shown_issue(client, min(found, key=lambda issue: int(issue["id"])))

    def place(self, client: JiraClient) -> str:
        """The key of the project. Raises PermanentError where none is named."""
        project = self.project or client.settings.project
        if project is None:
            raise PermanentError(
                "jira: no project: name one in the mapping or as the connection's `project`",
                code="project",
            )
        return project

    def _head(self, project: str) -> dict[str, Any]:
        return {"project": {"key": project}, "issuetype": {"name": self.type}}

    def _marked(self, key: str) -> dict[str, Any]:
        values = self._values(self.summary)
        said = values.get("labels")
        labels = [said] if isinstance(said, str) else list(said or ())
        return {**values, "labels": [*labels, mark_label(key)]}

    def _fresh(self, client: JiraClient, project: str) -> Form:
        client.forget_forms()
        return client.create_form(project, self.type)


@dataclass(frozen=True)
class _Draft:
    """An element of a bulk create, and how its values were shaped."""

    body: Mapping[str, Any]
    shaped: Shaped

    def receipt(self, client: JiraClient, made: Mapping[str, Any]) -> Receipt:
        shaped = self.shaped
        return shown_issue(
            client, made, note=shaped.note, wrote=shaped.fields, strangers=shaped.strangers
        )


@dataclass(frozen=True)
class _Forms:
    """The forms of one bulk create, each asked for once: also one that is not there."""

    client: JiraClient
    _known: dict[tuple[str, str], Form | PermanentError] = field(default_factory=dict)

    def of(self, project: str, kind: str) -> Form:
        if (project, kind) not in self._known:
            self._known[project, kind] = self._read(project, kind)
        found = self._known[project, kind]
        if isinstance(found, PermanentError):
            raise found
        return found

    def _read(self, project: str, kind: str) -> Form | PermanentError:
        try:
            return _markable(self.client.create_form(project, kind))
        except PermanentError as error:
            return error


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
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, self.issue)

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
