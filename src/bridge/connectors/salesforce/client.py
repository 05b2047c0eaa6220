"""What may be asked of an org."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.connectors.salesforce.metadata import Describe
from bridge.connectors.salesforce.payloads import (
    Limit,
    Written,
)
from bridge.connectors.salesforce.settings import (
    SalesforceSettings,
)
from bridge.connectors.salesforce.shelf import Shelf
from bridge.errors import DeliveryError


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """Request headers that change how a write is taken.

    allow_duplicates  save although a duplicate rule objects
    auto_assign       let case and lead assignment rules run, as Salesforce does by itself
    """

    allow_duplicates: bool = False
    auto_assign: bool = True

    def headers(self) -> dict[str, str]:
        headers = {}
        if self.allow_duplicates:
            headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
        if not self.auto_assign:
            headers["Sforce-Auto-Assign"] = "FALSE"
        return headers


class SalesforceClient(Protocol):
    """What actions, reader and check ask of an org."""

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> SalesforceSettings: ...
    @property
    def shelf(self) -> Shelf: ...
    def identity(self) -> tuple[str, str]: ...
    def limits(self) -> Mapping[str, Limit]: ...
    def describe(self, name: str) -> Describe: ...
    def describe_anew(self, name: str) -> Describe: ...
    def query(self, soql: str, *, deleted: bool = False) -> Iterator[Mapping[str, Any]]: ...
    def create(self, name: str, *, body: Mapping[str, Any]) -> str: ...
    def update(
        self, name: str, record_id: str, *, body: Mapping[str, Any], options: WriteOptions
    ) -> None: ...
    def delete(self, name: str, record_id: str) -> None: ...
    def create_many(
        self, name: str, bodies: Sequence[Mapping[str, Any]]
    ) -> Sequence[str | DeliveryError]: ...
    def update_many(
        self, name: str, bodies: Mapping[str, Mapping[str, Any]], *, options: WriteOptions
    ) -> Sequence[str | DeliveryError]: ...
    def upsert_many(
        self,
        name: str,
        field: str,
        bodies: Mapping[str, Mapping[str, Any]],
        *,
        options: WriteOptions,
    ) -> Sequence[str | DeliveryError]: ...
    def upsert(
        self, name: str, field: str, *, key: str, body: Mapping[str, Any], options: WriteOptions
    ) -> Written: ...
    def record_url(self, name: str, record_id: str) -> str: ...
