"""A small Jira with a memory: one project, a linear workflow, fields as metadata describes them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from bridge.connectors.jira.desk import Desk
from bridge.connectors.jira.failure import FieldRefusal
from bridge.connectors.jira.form import Field, Form
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.jira.shelf import Shelf
from bridge.errors import DeliveryError, PermanentError

Json = Mapping[str, Any]
PEOPLE = {"Dana Reyes": "712020:1f0c", "712020:1f0c": "712020:1f0c", "Ivo Brandt": "712020:9aa1"}
STATUSES = (
    ("10000", "To Do", "new"),
    ("3", "In Progress", "indeterminate"),
    ("10001", "In Review", "indeterminate"),
    ("10002", "Done", "done"),
)
WAYS = {"10000": ["3"], "3": ["10001"], "10001": ["10002", "3"], "10002": ["10000"]}
PRIORITIES = ({"id": "1", "name": "Highest"}, {"id": "2", "name": "High"})
IMPACTS = ({"id": "10101", "value": "Major"}, {"id": "10102", "value": "Critical"})
FIELDS = (
    Field(id="summary", name="Summary", type="string", required=True),
    Field(id="description", name="Description", type="string"),
    Field(id="priority", name="Priority", type="priority", allowed=PRIORITIES),
    Field(id="labels", name="Labels", type="array", items="string", system="labels"),
    Field(id="assignee", name="Assignee", type="user"),
    Field(id="duedate", name="Due date", type="date"),
    Field(id="parent", name="Parent", type="issuelink"),
    Field(id="fixVersions", name="Fix versions", type="array", items="version"),
    Field(id="customfield_10031", name="Customer Impact", type="option", allowed=IMPACTS),
    Field(id="customfield_10034", name="Customer Weight", type="number"),
    Field(id="customfield_10036", name="Promised At", type="datetime"),
    Field(id="customfield_10033", name="Customer Quote", type="string", custom="x:textarea"),
    Field(id="customfield_10037", name="Account Manager", type="user"),
)
RESOLUTION = {"required": True, "name": "Resolution", "schema": {"type": "resolution"}}


class FakeJira:
    """`calls` holds the name of every call that would have gone out."""

    connection = "jira"
    desk: Desk  # nobody registers anything here
    shelf: Shelf  # and there are no files

    def __init__(self, settings: JiraSettings) -> None:
        self.settings = settings
        self.calls: list[str] = []
        self.fields = {one.id: one for one in FIELDS}
        self.hidden: set[str] = set()  # issues that search does not show yet
        self.lost_transition = False  # the next one happens and is refused: somebody was faster
        self._issues: dict[str, dict[str, Any]] = {}
        self._links: dict[str, dict[str, Json]] = {}
        self._comments: dict[str, list[dict[str, Any]]] = {}
        self._numbers = count(10_500)

    def plant(self, number: str, key: str) -> None:
        """An issue that was there before."""
        fields = {"status": _status("10000"), "labels": []}
        self._issues[number] = {"id": number, "key": key, "fields": fields, "properties": []}

    def create_issue(self, fields: Json, properties: Sequence[Json]) -> Json:
        self.calls.append("create_issue")
        self._refuse_unknown(fields, also={"project", "issuetype"})
        number = str(next(self._numbers))
        key = f"{fields['project']['key']}-{len(self._issues) + 1}"
        self._issues[number] = {
            "id": number,
            "key": key,
            "fields": {"status": _status("10000"), "labels": [], **fields},
            "properties": list(properties),
        }
        return {"id": number, "key": key}

    def create_issues(self, issues: Sequence[Json]) -> Sequence[Json | DeliveryError]:
        answers: list[Json | DeliveryError] = []
        for one in issues:
            try:
                answers.append(self.create_issue(one["fields"], one["properties"]))
            except PermanentError as error:
                answers.append(error)
        return answers

    def edit_issue(self, issue: str, fields: Json) -> None:
        self.calls.append("edit_issue")
        self._refuse_unknown(fields, also=set())
        self._of(issue)["fields"].update(fields)

    def issue(self, issue: str, fields: Sequence[str]) -> Json:
        self.calls.append("issue")
        return self._of(issue)

    def issues(self, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Json]:
        self.calls.append("issues")
        return [one for one in self._issues.values() if {one["id"], one["key"]} & set(ids)]

    def search(self, jql: str, fields: Sequence[str]) -> Iterator[Json]:
        self.calls.append("search")
        label = jql.removeprefix('labels = "').removesuffix('"')
        shown = (one for one in self._issues.values() if one["id"] not in self.hidden)
        return iter([one for one in shown if label in one["fields"]["labels"]])

    def transitions(self, issue: str) -> Sequence[Json]:
        self.calls.append("transitions")
        return [_way(to) for to in WAYS[self._of(issue)["fields"]["status"]["id"]]]

    def transition(self, issue: str, transition: str, *, fields: Json) -> None:
        self.calls.append("transition")
        self._of(issue)["fields"].update({**fields, "status": _status(transition)})
        if self.lost_transition:
            self.lost_transition = False
            raise PermanentError("jira: that is not valid any more", code="400")

    def add_comment(self, issue: str, body: str, *, properties: Sequence[Json]) -> Json:
        self.calls.append("add_comment")
        said = self._comments.setdefault(self._of(issue)["id"], [])
        number = str(next(self._numbers))
        said.insert(0, {"id": number, "body": body, "properties": list(properties)})
        return said[0]

    def edit_comment(self, issue: str, comment: str, body: str) -> None:
        self.calls.append("edit_comment")
        self._said(issue, comment)["body"] = body

    def delete_comment(self, issue: str, comment: str) -> None:
        self.calls.append("delete_comment")
        self._comments[self._of(issue)["id"]].remove(self._said(issue, comment))

    def changelog(self, issue: str) -> Iterator[Json]:
        self.calls.append("changelog")
        return iter(())

    def comments(self, issue: str) -> Iterator[Json]:
        self.calls.append("comments")
        return iter(self._comments.get(self._of(issue)["id"], ()))

    def comment(self, issue: str, comment: str) -> Json | None:
        self.calls.append("comment")
        said = self._comments.get(self._of(issue)["id"], ())
        return next((one for one in said if one["id"] == comment), None)

    def link_remote(self, issue: str, link: Json) -> Json:
        self.calls.append("link_remote")
        links = self._links.setdefault(self._of(issue)["id"], {})
        links[link["globalId"]] = link
        return {"id": len(links)}

    def links(self, issue: str) -> list[Json]:
        return list(self._links.get(self._of(issue)["id"], {}).values())

    def create_form(self, project: str, issue_type: str) -> Form:
        self.calls.append("create_form")
        return Form(f"{issue_type} in {project}", dict(self.fields))

    def edit_form(self, issue: str) -> Form:
        self.calls.append("edit_form")
        return Form(f"issue {issue}", dict(self.fields))

    def field_list(self) -> Form:
        self.calls.append("field_list")
        return Form("this site", {one.id: one for one in FIELDS})

    def listed(self, kind: str) -> Sequence[Json]:
        self.calls.append("listed")
        return [{"id": "10000", "name": "To Do"}] if kind == "status" else []

    def forget_forms(self) -> None:
        self.calls.append("forget_forms")

    def user(self, account: str) -> Json | None:
        return {"accountId": account, "active": True} if account in PEOPLE else None

    def users(self, said: str) -> Sequence[Json]:
        return []

    def person(self, said: str) -> Mapping[str, str] | None:
        return {"accountId": PEOPLE[said]} if said in PEOPLE else None

    def server(self) -> Json:
        return {"version": "10.3.0"}

    def myself(self) -> Json:
        return {"accountId": self.settings.account_id}

    def permissions(self, project: str | None, names: Sequence[str]) -> Mapping[str, bool]:
        return dict.fromkeys(names, True)

    def _of(self, issue: str) -> dict[str, Any]:
        for one in self._issues.values():
            if issue in {one["id"], one["key"]}:
                return one
        raise PermanentError(f"jira: no issue {issue}", code="404")

    def _said(self, issue: str, comment: str) -> dict[str, Any]:
        for one in self._comments.get(self._of(issue)["id"], ()):
            if one["id"] == comment:
                return one
        raise PermanentError(f"jira: no comment {comment}", code="404")

    def _refuse_unknown(self, fields: Json, *, also: set[str]) -> None:
        refused = {name: "cannot be set" for name in fields if name not in {*self.fields, *also}}
        refused |= {name: "needs a summary" for name in fields if fields[name] == ""}
        if refused:
            raise FieldRefusal(f"jira: 400 {refused}", code="400", fields=refused)


def _status(number: str) -> dict[str, Any]:
    found = next(one for one in STATUSES if one[0] == number)
    return {"id": found[0], "name": found[1], "statusCategory": {"key": found[2]}}


def _way(to: str) -> Json:
    """Transitions have the id of the status they lead to, and Done wants a resolution."""
    status = _status(to)
    fields = {"resolution": RESOLUTION} if to == "10002" else {}
    return {"id": to, "name": f"To {status['name']}", "to": status, "fields": fields}
