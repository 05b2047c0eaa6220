"""The attachments of a Jira site: read, added and taken away, piece by piece.

An attachment as REST shows it has `filename`, `mimeType`, `size` and `content`, the URL of its bytes
(Atlassian, REST reference, issue attachments). On Cloud that is `attachment/content/ID`, which leads by
a 303 to a signed URL at the media store; a token with scopes opens it at `api_url` alone. A Data Center
has its bytes beside REST, at `/secure/attachment/ID/NAME`: its path is taken from `content`, and never
the host, which is another where Jira does not know how it is called from here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

from bridge.connectors.files import UNKNOWN, File, NoFile, form, reread
from bridge.connectors.jira.failure import Effect
from bridge.connectors.jira.rest import API, Rest
from bridge.connectors.jira.settings import Flavour, JiraSettings
from bridge.errors import PermanentError

NOT_FOUND = "404"
NO_CHECK = {"x-atlassian-token": "no-check"}  # or Jira refuses the form (REST reference)

Json = Mapping[str, Any]


class Shelf:
    """Of one site."""

    def __init__(self, settings: JiraSettings, rest: Rest) -> None:
        self._settings, self._rest = settings, rest
        self._cloud = settings.flavour is Flavour.CLOUD

    @contextmanager
    def open(self, number: str) -> Iterator[File]:
        """One of them by id. Raises DeliveryErrors, in the block as well."""
        shown = self._shown(number)
        with reread(lambda: self._rest.file(self._place(number, shown))) as pieces:
            yield File(
                name=str(shown["filename"]),
                type=str(shown.get("mimeType") or UNKNOWN),
                size=int(shown["size"]),
                pieces=pieces,
            )

    def _shown(self, number: str) -> Json:
        try:
            shown: Json = self._rest.json("GET", _path(number), effect=Effect.READ)
        except PermanentError as error:
            if error.code != NOT_FOUND:
                raise
            raise NoFile("jira: the file is gone, or not shown to us", code=NOT_FOUND) from error
        return shown

    def _place(self, number: str, shown: Json) -> str:
        """The path of its bytes, below the site."""
        if self._cloud:
            return f"{API}/attachment/content/{quote(number, safe='')}"
        there = urlsplit(str(shown["content"])).path
        below = urlsplit(self._settings.base).path
        return there.removeprefix(below)

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
