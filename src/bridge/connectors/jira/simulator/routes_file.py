"""REST paths for attachments, and the media store that Cloud leads to."""

import re
from email.message import Message
from email.parser import BytesParser
from typing import Any

from fastapi import APIRouter, Request, Response

from bridge.connectors.jira.simulator import attachments, view
from bridge.connectors.jira.simulator.answers import Gate, locked, router, write
from bridge.connectors.jira.simulator.refusal import Refused

_ROOT = "/rest/api/{version}"
_NAME = re.compile(r'filename="([^"]*)"')


def file_routes(gate: Gate) -> APIRouter:
    routes, site = router(gate), gate.site
    held = locked(site)

    @routes.post(f"{_ROOT}/issue/{{key}}/attachments", response_model=None)
    async def add(version: str, key: str, request: Request) -> Any:
        if request.headers.get("x-atlassian-token") != "no-check":
            raise Refused(403, "XSRF check failed")
        body = await request.body()
        name, kind, content = _file(request.headers.get("content-type", ""), body)
        with site.state.lock:
            made = attachments.add(
                site, write(site, key), name, content, kind=kind, actor=site.state.bot
            )
            return [view.attachment(site.state, made)]

    @routes.get(f"{_ROOT}/attachment/meta", response_model=None)
    def meta(version: str) -> Any:
        return {"enabled": True, "uploadLimit": attachments.UPLOAD_LIMIT}

    @routes.get(f"{_ROOT}/attachment/content/{{ident}}", response_model=None)
    @held
    def content(version: str, ident: str) -> Any:
        _, found = attachments.find(site, ident)
        there = f"{site.state.site}/media/{found.id}"
        return Response(status_code=303, headers={"location": there})

    @routes.get("/secure/attachment/{ident}/{name}", response_model=None)
    @held
    def secure(ident: str, name: str) -> Any:
        _, found = attachments.find(site, ident)
        return Response(found.content, media_type=found.type)

    @routes.get(f"{_ROOT}/attachment/{{ident}}", response_model=None)
    @held
    def read(version: str, ident: str) -> Any:
        return view.attachment(site.state, attachments.find(site, ident)[1])

    @routes.delete(f"{_ROOT}/attachment/{{ident}}", status_code=204, response_model=None)
    @held
    def delete(version: str, ident: str) -> None:
        issue, found = attachments.find(site, ident)
        attachments.remove(site, issue, found.id, actor=site.state.bot)

    return routes


def media_routes(gate: Gate) -> APIRouter:
    """No credentials are wanted here, and none should come."""
    routes, site = APIRouter(), gate.site

    @routes.get("/media/{ident}", response_model=None)
    def media(ident: str, request: Request) -> Any:
        with site.state.lock:
            site.state.led.append(request.headers.get("authorization") is not None)
            _, found = attachments.find(site, ident)
        return Response(found.content, media_type=found.type)

    return routes


def _filename(part: Message) -> str:
    """As it was sent, in UTF-8. Raises Refused 400."""
    raw = str(dict(part.raw_items()).get("Content-Disposition"))
    found = _NAME.search(raw.encode("ascii", "surrogateescape").decode("utf-8"))
    if found is None:
        raise Refused(400, "No file was sent.")
    return found[1]


def _file(kind: str, body: bytes) -> tuple[str, str, bytes]:
    """Name, type and content of the part named `file`. Raises Refused 400."""
    whole = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    for part in whole.walk():
        if part.get_param("name", header="content-disposition") == "file":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return _filename(part), part.get_content_type(), content
    raise Refused(400, "No file was sent.")
