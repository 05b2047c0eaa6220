"""Make an issue, alone or with others in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import Field
from typing_extensions import override

from bridge.connectors.action import Receipt, Repeat
from bridge.connectors.jira.actions.issue_values import IssueValues
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.fields import Shaped, shape, shape_formless
from bridge.connectors.jira.form import Form, UnknownField
from bridge.connectors.jira.mark import mark_label, mark_property
from bridge.connectors.jira.receipt import shown_issue
from bridge.connectors.jira.writing import write
from bridge.connectors.packing import Parcel, in_one_call
from bridge.errors import DeliveryError, PermanentError

# Our deadline plus the lag of Jira's search index: until then "not found" proves nothing.
CREATE_SETTLE_SECONDS = 60.0
BULK_CREATE = 50  # Atlassian, REST reference: issues a bulk create
BULK_ROOM = 1_000_000  # characters of one: no maximum is documented, and a call has a deadline
FIELD = 8  # characters of a field beside its name and value


class CreateIssue(IssueValues):
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


def _markable(form: Form) -> Form:
    if "labels" not in form:
        raise UnknownField(
            f"jira: {form.what} has no field Labels on its create screen; add it there: by a label"
            " Bridge finds its own issue again instead of making a second one",
            code="labels",
        )
    return form
