"""The few calls we make to Salesforce's REST API, through our own HTTP client.

Each call is built whole, sent with the shared token, and repeated once, with all its headers, after
a session has expired. `simple-salesforce` lends its quoting of SOQL and of external ids.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from bridge.clock import Clock, SystemClock
from bridge.connectors.salesforce.answers import (
    Call,
    Effect,
    item_refusal,
    lost,
    parsed,
    refusal,
)
from bridge.connectors.salesforce.auth import Token, Tokens
from bridge.connectors.salesforce.client import SalesforceClient, WriteOptions
from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.connectors.salesforce.metadata import Describe, Describes
from bridge.connectors.salesforce.paths import api_name, key_segment, next_page
from bridge.connectors.salesforce.payloads import (
    Limit,
    ObjectDescribe,
    Page,
    Problem,
    SavedRecords,
    Written,
)
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.shelf import Shelf
from bridge.connectors.salesforce.snapshots import plain
from bridge.errors import AmbiguousOutcome, DeliveryError, PermanentError, TransientError
from bridge.http import Http


class RestClient:
    """The real one. Safe for many threads."""

    def __init__(
        self, name: str, settings: SalesforceSettings, http: Http, *, clock: Clock
    ) -> None:
        self._name = name
        self._settings = settings
        self._http = http
        self._tokens = Tokens(name, settings, http, clock=clock)
        root = f"/services/data/v{settings.api_version}/"
        self.shelf = Shelf(name, root, http, self._tokens, self.query)
        self._describes = Describes(self._fetch_describe, monotonic=clock.monotonic)

    @property
    def name(self) -> str:
        return self._name

    @property
    def settings(self) -> SalesforceSettings:
        return self._settings

    def identity(self) -> tuple[str, str]:
        """Organization and user that our token stands for; empty where Salesforce does not say."""
        parts = urlsplit(self._tokens.current().identity).path.split("/")
        ids = [part for part in parts[-2:] if is_id(part)]
        return (full_id(ids[0]), full_id(ids[1])) if len(ids) == 2 else ("", "")

    def limits(self) -> Mapping[str, Limit]:
        """The org's limits by name, those with a maximum and a remainder."""
        call = Call(method="GET", path="limits", what="limits", effect=Effect.READ)
        answer = self._json(call)
        return {
            key: Limit.model_validate(value)
            for key, value in answer.items()
            if isinstance(value, dict) and {"Max", "Remaining"} <= value.keys()
        }

    def describe(self, name: str) -> Describe:
        """An object's fields as our user sees them, at most ten minutes old."""
        return self._describes.of(api_name(name))

    def describe_anew(self, name: str) -> Describe:
        """The same when a field seems to be missing: somebody may have just added it."""
        return self._describes.doubted(api_name(name))

    def query(self, soql: str, *, deleted: bool = False) -> Iterator[Mapping[str, Any]]:
        """Rows of a SOQL query, page by page, without Salesforce's `attributes`.

        `deleted`: those in the recycle bin are among them.
        """
        path = "queryAll" if deleted else "query"
        call = Call(method="GET", path=path, what="query", effect=Effect.READ, params={"q": soql})
        while True:
            page = parsed(self._name, call, self._send(call), Page)
            yield from (plain(record) for record in page.records)
            if page.done or not page.next_url:
                return
            call = Call(
                method="GET", path=next_page(page.next_url), what="query", effect=Effect.READ
            )

    def create(self, name: str, *, body: Mapping[str, Any]) -> str:
        """A new record's id. Repeated, it makes another one."""
        call = Call(
            method="POST",
            path=f"sobjects/{api_name(name)}",
            what=f"create {name}",
            effect=Effect.ONCE,
            json=dict(body),
        )
        return full_id(self._written(call, self._send(call)).id)

    def update(
        self, name: str, record_id: str, *, body: Mapping[str, Any], options: WriteOptions
    ) -> None:
        """Set fields of one record, which answers 204 and says nothing."""
        if not is_id(record_id):
            raise PermanentError(f"{self._name}: update {name}: not a record id", code="bad_id")
        call = Call(
            method="PATCH",
            path=f"sobjects/{api_name(name)}/{record_id}",
            what=f"update {name}",
            effect=Effect.REPEAT,
            json=dict(body),
            headers=options.headers(),
        )
        self._send(call)

    def delete(self, name: str, record_id: str) -> None:
        """Delete one record, which answers 204. One that is gone is a PermanentError."""
        if not is_id(record_id):
            raise PermanentError(f"{self._name}: delete {name}: not a record id", code="bad_id")
        call = Call(
            method="DELETE",
            path=f"sobjects/{api_name(name)}/{record_id}",
            what=f"delete {name}",
            effect=Effect.REPEAT,
        )
        self._send(call)

    def create_many(
        self, name: str, bodies: Sequence[Mapping[str, Any]]
    ) -> Sequence[str | DeliveryError]:
        """Up to 200 new records: the id of each, or what was wrong with it."""
        call = _collection("POST", name, bodies, what="create", effect=Effect.ONCE)
        return self._saved(call, len(bodies))

    def update_many(
        self, name: str, bodies: Mapping[str, Mapping[str, Any]], *, options: WriteOptions
    ) -> Sequence[str | DeliveryError]:
        """Set fields of up to 200 records, by id: the same for each."""
        records = [{"id": record_id, **body} for record_id, body in bodies.items()]
        call = _collection("PATCH", name, records, what="update", effect=Effect.REPEAT)
        return self._saved(replace(call, headers=options.headers()), len(records))

    def upsert_many(
        self,
        name: str,
        field: str,
        bodies: Mapping[str, Mapping[str, Any]],
        *,
        options: WriteOptions,
    ) -> Sequence[str | DeliveryError]:
        """Create or update up to 200 records by an external id, whose values are the keys."""
        records = [{api_name(field): key, **body} for key, body in bodies.items()]
        call = _collection("PATCH", name, records, what="upsert", effect=Effect.REPEAT)
        path = f"{call.path}/{api_name(name)}/{field}"
        return self._saved(replace(call, path=path, headers=options.headers()), len(records))

    def upsert(
        self, name: str, field: str, *, key: str, body: Mapping[str, Any], options: WriteOptions
    ) -> Written:
        """Create or update by an external id.

        Of two first upserts at once one is told DUPLICATE_VALUE; its repetition then updates.
        """
        call = Call(
            method="PATCH",
            path=f"sobjects/{api_name(name)}/{api_name(field)}/{key_segment(key)}",
            what=f"upsert {name} by {field}",
            effect=Effect.REPEAT,
            json=dict(body),
            headers=options.headers(),
        )
        try:
            response = self._send(call)
        except PermanentError as error:
            if error.code != "DUPLICATE_VALUE":
                raise
            response = self._send(call)
        return self._written(call, response)

    def record_url(self, name: str, record_id: str) -> str:
        return self._settings.record_url(name, record_id)

    def _send(self, call: Call) -> httpx.Response:
        token = self._tokens.current()
        response = self._once(call, token)
        if response.status_code == 401:
            response = self._once(call, self._tokens.renew(token))
        error = refusal(self._name, call, response)
        if error is not None:
            raise error
        return response

    def _once(self, call: Call, token: Token) -> httpx.Response:
        prefix = (
            "" if call.path.startswith("/") else f"/services/data/v{self._settings.api_version}/"
        )
        try:
            return self._http.request(
                call.method,
                f"{token.instance}{prefix}{call.path}",
                json=call.json,
                params=call.params,
                headers={
                    "authorization": f"Bearer {token.access}",
                    "accept": "application/json",
                    "sforce-call-options": f"client={self._settings.client_name}",
                    **call.headers,
                },
            )
        except AmbiguousOutcome as error:
            if call.effect is Effect.READ:
                raise TransientError(str(error), code=error.code) from error
            raise

    def _json(self, call: Call) -> Mapping[str, Any]:
        answer = self._send(call)
        try:
            value = answer.json()
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise TransientError(f"{self._name}: {call.what}: no JSON object", code="no_json")
        return value

    def _fetch_describe(self, name: str) -> ObjectDescribe:
        call = Call(
            method="GET",
            path=f"sobjects/{name}/describe",
            what=f"describe {name}",
            effect=Effect.READ,
        )
        return parsed(self._name, call, self._send(call), ObjectDescribe)

    def _saved(self, call: Call, count: int) -> list[str | DeliveryError]:
        """What a collection's answer says of each record: 200 whatever became of them."""
        saved = parsed(self._name, call, self._send(call), SavedRecords).root
        if len(saved) != count or any(one.success and not one.id for one in saved):
            raise lost(f"{self._name}: {call.what}: results are missing", call, code="no_json")
        return [
            full_id(one.id)
            if one.success and one.id
            else item_refusal(self._name, call, next(iter(one.errors), Problem()))
            for one in saved
        ]

    def _written(self, call: Call, response: httpx.Response) -> Written:
        """Also in a 2xx the answer may say that nothing was done."""
        written = parsed(self._name, call, response, Written)
        if written.success:
            return written
        first = written.errors[0] if written.errors else None
        raise PermanentError(
            f"{self._name}: {call.what}: {first.code if first else 'refused'}",
            code=first.code if first else "refused",
        )


def connect(name: str, settings: SalesforceSettings, http: Http) -> SalesforceClient:
    """A client that has made no call yet."""
    return RestClient(name, settings, http, clock=SystemClock())


def hosts(settings: SalesforceSettings) -> tuple[str, ...]:
    return (settings.host,)


def _collection(
    method: str, name: str, records: Sequence[Mapping[str, Any]], *, what: str, effect: Effect
) -> Call:
    """One call for many records of one object, each kept or refused for itself."""
    kind = {"attributes": {"type": api_name(name)}}
    return Call(
        method=method,
        path="composite/sobjects",
        what=f"{what} {len(records)} {name}",
        effect=effect,
        json={"allOrNone": False, "records": [{**kind, **record} for record in records]},
    )
