"""FakeSalesforce: an org in a dictionary, with the client's methods and the vendor's memory."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.connectors.salesforce.client import WriteOptions
from bridge.connectors.salesforce.ids import full_id
from bridge.connectors.salesforce.metadata import Describe
from bridge.connectors.salesforce.payloads import Limit, ObjectDescribe, Written
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.shelf import Shelf
from bridge.errors import DeliveryError, PermanentError
from connectors.salesforce.describes import CASE_FIELDS, COMMENT_FIELDS, object_describe

PREFIXES = {"Case": "500", "CaseComment": "00a"}
_WHERE = re.compile(r"FROM (\w+) WHERE (\w+) = '([^']*)'")


class FakeSalesforce:
    """Records by object and id; external ids find theirs again."""

    shelf: Shelf  # there are no files

    def __init__(self, settings: SalesforceSettings) -> None:
        self.name = "salesforce"
        self.settings = settings
        self.records: dict[str, dict[str, dict[str, Any]]] = {"Case": {}, "CaseComment": {}}
        self.options: list[WriteOptions] = []
        self.described = 0
        self.fields = {"Case": CASE_FIELDS, "CaseComment": COMMENT_FIELDS}

    def identity(self) -> tuple[str, str]:
        return (self.settings.organization_id or "", self.settings.user_id or "")

    def limits(self) -> Mapping[str, Limit]:
        return {"DailyApiRequests": Limit.model_validate({"Max": 100_000, "Remaining": 99_000})}

    def describe(self, name: str) -> Describe:
        self.described += 1
        answer = object_describe(name, self.fields[name])
        return Describe(ObjectDescribe.model_validate(answer))

    def describe_anew(self, name: str) -> Describe:
        return self.describe(name)

    def query(self, soql: str, *, deleted: bool = False) -> Iterator[Mapping[str, Any]]:
        found = _WHERE.search(soql)
        assert found is not None, soql
        name, field, value = found.groups()
        for record_id, record in reversed(self.records[name].items()):
            if record.get(field) == value:
                yield {"Id": record_id, **record}

    def create(self, name: str, *, body: Mapping[str, Any]) -> str:
        record_id = full_id(f"{PREFIXES[name]}Wq{len(self.records[name]):010d}")
        self.records[name][record_id] = dict(body)
        return record_id

    def update(
        self, name: str, record_id: str, *, body: Mapping[str, Any], options: WriteOptions
    ) -> None:
        if record_id not in self.records[name]:
            raise PermanentError("salesforce: no such record", code="NOT_FOUND")
        self.options.append(options)
        self.records[name][record_id].update(body)

    def delete(self, name: str, record_id: str) -> None:
        if self.records[name].pop(record_id, None) is None:
            raise PermanentError("salesforce: entity is deleted", code="ENTITY_IS_DELETED")

    def create_many(
        self, name: str, bodies: Sequence[Mapping[str, Any]]
    ) -> Sequence[str | DeliveryError]:
        return [self.create(name, body=body) for body in bodies]

    def update_many(
        self, name: str, bodies: Mapping[str, Mapping[str, Any]], *, options: WriteOptions
    ) -> Sequence[str | DeliveryError]:
        answers: list[str | DeliveryError] = []
        for record_id, body in bodies.items():
            try:
                self.update(name, record_id, body=body, options=options)
            except PermanentError as error:
                answers.append(error)
            else:
                answers.append(record_id)
        return answers

    def upsert_many(
        self,
        name: str,
        field: str,
        bodies: Mapping[str, Mapping[str, Any]],
        *,
        options: WriteOptions,
    ) -> Sequence[str | DeliveryError]:
        return [
            self.upsert(name, field, key=key, body=body, options=options).id
            for key, body in bodies.items()
        ]

    def upsert(
        self, name: str, field: str, *, key: str, body: Mapping[str, Any], options: WriteOptions
    ) -> Written:
        self.options.append(options)
        for record_id, record in self.records[name].items():
            if record.get(field) == key:
                record.update(body)
                return Written(id=record_id)
        return Written(id=self.create(name, body={**body, field: key}), created=True)

    def record_url(self, name: str, record_id: str) -> str:
        return f"https://northwind.lightning.force.com/lightning/r/{name}/{record_id}/view"
