"""Bring a file to a case, and take one away."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from bridge.connectors.action import Action, Receipt, Repeat
from bridge.connectors.bringing import Bringing, example
from bridge.connectors.gone import unless_gone
from bridge.connectors.salesforce.actions import receipt
from bridge.connectors.salesforce.addresses import order_of, record_id, told_ref
from bridge.connectors.salesforce.answers import is_gone
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.ids import full_id
from bridge.connectors.salesforce.marks import mark
from bridge.connectors.salesforce.shelf import VERSION


class AddFile(Bringing[SalesforceClient]):
    """Bring a file to a case. Its description carries the write key, by which it is found again."""

    kind = "salesforce.add_file"
    repeat = Repeat.FINDABLE
    settle = 15.0  # as a comment's
    target = "case"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"case": "500Wq00000KfLmNIAV", **example("log.txt"), "source": "jira:attachment:10401"},
    )

    case: str = Field(min_length=1)

    @override
    def ordering_key(self) -> str:
        return order_of("Case", self.case)

    @override
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, "Case", self.case)

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        case = record_id(client, "Case", self.case)
        made = client.shelf.add(case, self.file(), mark=mark(key))
        return receipt(client, VERSION, full_id(made), wrote={})

    @override
    def find(self, client: SalesforceClient, key: str) -> Receipt | None:
        found = client.shelf.marked(record_id(client, "Case", self.case), mark(key))
        return receipt(client, VERSION, full_id(found), wrote={}) if found else None


class DeleteFile(Action[SalesforceClient]):
    """Take a file away, with all its versions."""

    kind = "salesforce.delete_file"
    repeat = Repeat.SAFE
    target = "file"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({"file": "068Wq00000KfLmNIAV"},)

    file: str

    @override
    def ordering_key(self) -> str:
        return order_of(VERSION, self.file)

    @override
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, VERSION, self.file)

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        found = record_id(client, VERSION, self.file)
        done = receipt(client, VERSION, found, wrote={})
        return unless_gone(lambda: client.shelf.remove(found), done, what="file", is_gone=is_gone)


FILES: tuple[type[Action[Any]], ...] = (AddFile, DeleteFile)
