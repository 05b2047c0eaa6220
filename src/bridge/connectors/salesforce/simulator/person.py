"""What a person does in Salesforce's own screens, and what a test asks about the records."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bridge.connectors.salesforce.simulator import files
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.rejection import Rejection
from bridge.connectors.salesforce.simulator.render import record as rendered
from bridge.connectors.salesforce.simulator.schema import ObjectType, Row

_ROOT = "/services/data/v67.0"


class Person:
    """Acts as the org's support person, under the same rules as the API.

    Refusals are `ValueError`s with the vendor's code and text.
    """

    def __init__(self, org: Org) -> None:
        self.org = org

    def create(self, object: str, **fields: Any) -> str:  # noqa: A002  (the vendor's word)
        """The new record's id."""
        with _speaking():
            return self.org.records.insert(self._kind(object), fields, by=self.org.person)

    def create_case(self, **fields: Any) -> str:
        """The new case's id. `RecordType="Feedback"` names its record type, as the screen does."""
        named = fields.pop("RecordType", None)
        kind = {"RecordType": {"Name": named}} if named else {}
        return self.create("Case", **kind, **fields)

    def edit(self, object: str, id: str, **fields: Any) -> None:  # noqa: A002
        with _speaking():
            self.org.records.update(self._kind(object), id, fields, by=self.org.person)

    def click_send_to_engineering(self, id: str) -> None:  # noqa: A002
        """The one click: ticks the box on the case."""
        self.edit("Case", id, Send_To_Engineering__c=True)

    def comment(self, case: str, text: str, *, published: bool = False) -> str:
        """The new comment's id. A published one is seen by the customer."""
        return self.create("CaseComment", ParentId=case, CommentBody=text, IsPublished=published)

    def attach(self, case: str, name: str, content: bytes | str, *, private: bool = False) -> str:
        """The new file's version id. A private one is not for everybody who sees the record."""
        raw = content.encode() if isinstance(content, str) else content
        fields = {"Title": name, "PathOnClient": name, "FirstPublishLocationId": case}
        fields["SharingPrivacy"] = "P" if private else "N"
        with self.org.lock, _speaking():
            return files.create(self.org, {**fields, files.DATA: raw}, by=self.org.person)

    def detach(self, version: str) -> None:
        with self.org.lock, _speaking():
            row = self.org.records.any(self._kind(files.VERSION), version)
            document = row["ContentDocumentId"]
            self.org.records.delete(self._kind(files.DOCUMENT), document, by=self.org.person)
            files.gone(self.org, document, by=self.org.person)

    def delete(self, object: str, id: str) -> None:  # noqa: A002
        with _speaking():
            self.org.records.delete(self._kind(object), id, by=self.org.person)

    def undelete(self, object: str, id: str) -> None:  # noqa: A002
        with _speaking():
            self.org.records.undelete(self._kind(object), id, by=self.org.person)

    def merge(self, object: str, id: str, *, into: str) -> None:  # noqa: A002
        """Two records are one from now on: this one is deleted."""
        with _speaking():
            self.org.records.merge(self._kind(object), into, id, by=self.org.person)

    def record(self, object: str, id: str) -> dict[str, Any]:  # noqa: A002
        """The record as REST would show it, a deleted one too."""
        with self.org.lock, _speaking():
            kind = self._kind(object)
            return _shown(kind, self.org.records.any(kind, id))

    def records(self, object: str) -> list[dict[str, Any]]:  # noqa: A002
        """The live records, oldest first."""
        with self.org.lock:
            kind = self._kind(object)
            rows = self.org.tables.rows(kind)
            return [_shown(kind, row) for row in rows if not row["IsDeleted"]]

    def case_comments(self, id: str) -> list[dict[str, Any]]:  # noqa: A002
        """The live comments of a case, oldest first."""
        case = self.record("Case", id)["Id"]
        return [each for each in self.records("CaseComment") if each["ParentId"] == case]

    def create_user(self, name: str, email: str, **fields: Any) -> str:
        """The new user's id. `fields` may say `UserType` or `IsActive`."""
        made = {"Name": name, "Email": email, "Username": fields.pop("Username", email), **fields}
        return self.org.records.seed(self._kind("User"), made, by=self.org.person)

    def create_queue(self, name: str) -> str:
        """The id of a new queue, which may own records."""
        made = {"Name": name, "DeveloperName": name.replace(" ", "_"), "Type": "Queue"}
        return self.org.records.seed(self._kind("Group"), made, by=self.org.person)

    def _kind(self, name: str) -> ObjectType:
        with _speaking():
            return self.org.schema.object_named(name)


def _shown(kind: ObjectType, row: Row) -> dict[str, Any]:
    return rendered(kind, row, _ROOT)


@contextmanager
def _speaking() -> Iterator[None]:
    """A screen shows a refusal as text."""
    try:
        yield
    except Rejection as refused:
        raise ValueError(str(refused)) from refused
