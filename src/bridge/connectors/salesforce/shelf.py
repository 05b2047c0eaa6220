"""The files of an org's records: read, added and taken away, piece by piece.

A file is a ContentDocument whose versions are ContentVersion; of these `FirstPublishLocationId` is the
record it was put on, and none can be deleted: it goes with its document (Salesforce, object reference).
The bytes are at `sobjects/ContentVersion/ID/VersionData`, and come in as a form whose first part is JSON,
up to 2 GB (Salesforce, REST guide, insert or update blob data); that the parts are called
`entity_content` and `VersionData` is what public clients send. A user finds only files of his own without
the permission Query All Files. No org has proved this module yet: try it in a sandbox first.
"""

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import orjson

from bridge.connectors.files import UNKNOWN, File, NoFile, form, reread
from bridge.connectors.salesforce.answers import Call, Effect, parsed, refusal
from bridge.connectors.salesforce.auth import Token, Tokens
from bridge.connectors.salesforce.ids import is_id
from bridge.connectors.salesforce.payloads import Written
from bridge.connectors.salesforce.quoting import format_soql
from bridge.errors import PermanentError
from bridge.http import Http

VERSION, DOCUMENT = "ContentVersion", "ContentDocument"
Query = Callable[[str], Iterator[Mapping[str, Any]]]


class Shelf:
    """Of one org. `root` is the path of its REST API."""

    def __init__(self, name: str, root: str, http: Http, tokens: Tokens, query: Query) -> None:
        self._name, self._root = name, root
        self._http, self._tokens, self._query = http, tokens, query

    @contextmanager
    def open(self, number: str) -> Iterator[File]:
        """A version by id. Raises DeliveryErrors, in the block as well."""
        shown = self._one(number, "PathOnClient, ContentSize")
        name = str(shown["PathOnClient"])
        with reread(lambda: self._bytes(number)) as pieces:
            yield File(
                name=name,
                type=mimetypes.guess_type(name)[0] or UNKNOWN,
                size=int(shown["ContentSize"]),
                pieces=pieces,
            )

    def add(self, record: str, file: File, *, mark: str) -> str:
        """The new version's id; its body as an answer of REST."""
        fields = {
            "Title": file.name,
            "PathOnClient": file.name,
            "Description": mark,
            "FirstPublishLocationId": record,
        }

        def post(token: Token) -> httpx.Response:
            told = {"entity_content": orjson.dumps(fields)}
            headers, body = form(file, part="VersionData", told=told)
            url = f"{token.instance}{self._root}sobjects/{VERSION}"
            head = {**_bearer(token), **headers}
            return self._http.request("POST", url, content=body, headers=head)

        answer = self._renewed(post)
        self._refuse(answer, Effect.ONCE, "add a file")
        return parsed(self._name, _call("POST", Effect.ONCE, "add a file"), answer, Written).id

    def remove(self, number: str) -> None:
        """With its document."""
        document = str(self._one(number, "ContentDocumentId")["ContentDocumentId"])

        def delete(token: Token) -> httpx.Response:
            url = f"{token.instance}{self._root}sobjects/{DOCUMENT}/{document}"
            return self._http.request("DELETE", url, headers=_bearer(token))

        self._refuse(self._renewed(delete), Effect.REPEAT, "delete a file")

    def marked(self, record: str, mark: str) -> str | None:
        """The version on a record with this description."""
        soql = format_soql(
            f"SELECT Id, Description FROM {VERSION} WHERE FirstPublishLocationId = {{}}",  # noqa: S608
            record,
        )
        found = (str(row["Id"]) for row in self._query(soql) if row.get("Description") == mark)
        return next(found, None)

    @contextmanager
    def _bytes(self, number: str) -> Iterator[httpx.Response]:
        """A token that has expired is renewed once."""
        for again in (True, False):
            token = self._tokens.current()
            url = f"{token.instance}{self._root}sobjects/{VERSION}/{number}/VersionData"
            head = {**_bearer(token), "accept-encoding": "identity"}
            with self._http.download(url, headers=head) as response:
                if response.status_code == 401 and again:
                    self._tokens.renew(token)
                    continue
                if response.status_code >= 300:
                    response.read()
                self._refuse(response, Effect.READ, "read a file")
                yield response
                return

    def _renewed(self, ask: Callable[[Token], httpx.Response]) -> httpx.Response:
        """Asked once more, with a new token, where the session has expired."""
        token = self._tokens.current()
        answer = ask(token)
        return ask(self._tokens.renew(token)) if answer.status_code == 401 else answer

    def _one(self, number: str, columns: str) -> Mapping[str, Any]:
        if not is_id(number):
            raise PermanentError(f"{self._name}: not a file's id", code="bad_id")
        soql = format_soql(f"SELECT {columns} FROM {VERSION} WHERE Id = {{}}", number)  # noqa: S608
        found = next(iter(self._query(soql)), None)
        if found is None:
            text = f"{self._name}: the file is gone, or not shown to us"
            raise NoFile(text, code="ENTITY_IS_DELETED")
        return found

    def _refuse(self, answer: httpx.Response, effect: Effect, what: str) -> None:
        call = _call(answer.request.method, effect, what)
        error = refusal(self._name, call, answer) if answer.status_code >= 300 else None
        if error is not None:
            raise error


def _call(method: str, effect: Effect, what: str) -> Call:
    return Call(method=method, path="", what=what, effect=effect)


def _bearer(token: Token) -> dict[str, str]:
    return {"authorization": f"Bearer {token.access}", "accept": "application/json"}
