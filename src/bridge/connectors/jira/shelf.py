"""The attachments of a Jira site: read, added and taken away, piece by piece.

An attachment as REST shows it has `filename`, `mimeType`, `size` and `content`, the URL of its bytes
(mem: REST reference, issue attachments). Cloud may lead that URL to its media store.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from bridge.connectors.files import File, form
from bridge.connectors.jira.failure import Effect
from bridge.connectors.jira.rest import Rest

NO_CHECK = {"x-atlassian-token": "no-check"}  # or Jira refuses the form (REST reference)
UNKNOWN = "application/octet-stream"

Json = Mapping[str, Any]


class Shelf:
    """Of one site."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    @contextmanager
    def open(self, number: str) -> Iterator[File]:
        """One of them by id. Raises DeliveryErrors, in the block as well."""
        shown: Json = self._rest.json("GET", _path(number), effect=Effect.READ)
        with self._rest.file(str(shown["content"])) as response:
            yield File(
                name=str(shown["filename"]),
                type=str(shown.get("mimeType") or UNKNOWN),
                size=int(shown["size"]),
                pieces=response.iter_bytes,
            )

    def add(self, issue: str, file: File) -> Json:
        """The new attachment."""
        headers, body = form(file, part="file")
        path = f"/issue/{quote(issue, safe='')}/attachments"
        made: Sequence[Json] = self._rest.send(path, headers={**headers, **NO_CHECK}, content=body)
        return made[0]

    def remove(self, number: str) -> None:
        self._rest.call("DELETE", _path(number), effect=Effect.SAME)

    def on(self, issue: str) -> Sequence[Json]:
        """All of an issue."""
        path, params = f"/issue/{quote(issue, safe='')}", {"fields": "attachment"}
        shown: Json = self._rest.json("GET", path, effect=Effect.READ, params=params)
        return list((shown.get("fields") or {}).get("attachment") or ())


def _path(number: str) -> str:
    return f"/attachment/{quote(number, safe='')}"
