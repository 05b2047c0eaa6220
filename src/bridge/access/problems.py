"""Errors of the API as RFC 9457 problems, each with a type that stays what it is."""

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.access import openapi
from bridge.canonical.ids import random_id
from bridge.canonical.text import storable_json
from bridge.errors import BridgeError, RuleError

MEDIA_TYPE = "application/problem+json"
# Our own words: Python changes the phrases of HTTPStatus between versions.
_REFUSALS = {
    400: ("bad-request", "The request cannot be read"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "This method is not for this path"),
    413: ("too-large", "The request is too large"),
    415: ("media-type", "This media type is not understood"),
}
_UNSAID = {404: "no such path; GET /api/openapi.json names those there are"}
_PHRASES = frozenset(status.phrase for status in HTTPStatus)
_RESERVED = frozenset({"type", "title", "status", "detail"})

log = structlog.get_logger()


class ProblemBody(BaseModel):
    """What a client reads. Further members belong to the type."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/role-needed",
                    "title": "Your key may not do this",
                    "status": 403,
                    "detail": "this needs the role operator; your key has the role viewer",
                }
            ]
        },
    )

    type: str = Field(description="A stable path that names the kind of problem.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = ""


class Problem(BridgeError):
    """An answer of the API that is not what was asked for: what is wrong, and what to do.

    `more`: members that belong to this type of problem.
    """

    def __init__(
        self,
        slug: str,
        title: str,
        *,
        status: int,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        extensions = dict(more or {})
        if _RESERVED & extensions.keys():
            raise ValueError(f"{sorted(_RESERVED)} are the problem's own members")
        self.type = f"/problems/{slug}"
        self.title, self.status, self.detail = title, status, detail
        self.headers, self.extensions = dict(headers or {}), extensions

    def body(self) -> bytes:
        """As JSON."""
        members = {"type": self.type, "title": self.title, "status": self.status}
        whole = members | {"detail": self.detail} | self.extensions
        return orjson.dumps(storable_json(whole), default=str)

    def response(self) -> Response:
        return Response(self.body(), self.status, headers=self.headers, media_type=MEDIA_TYPE)


def not_found(what: str) -> Problem:
    """404. `what` names the thing as the caller did, or its kind."""
    return refusal(404, f"there is no {what}")


def no_reason(detail: str) -> Problem:
    """422 for an act that the audit must know the reason of."""
    said = f"{detail}: send `why`; who does it and why stands in the audit"
    return Problem("no-reason", "A reason is missing", status=422, detail=said)


def refusal(status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> Problem:
    """A refusal that HTTP itself has a status for."""
    slug, title = _REFUSALS.get(status, (f"http-{status}", f"Refused with {status}"))
    return Problem(slug, title, status=status, detail=detail, headers=headers)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a router or route, so that OpenAPI says what a problem looks like."""
    content = {MEDIA_TYPE: {"schema": ProblemBody.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


READS = described(400, 401, 403, 404, 422)
"""`responses=` of a router whose routes only read."""

ACTS = described(400, 401, 403, 404, 409, 413, 422)
"""`responses=` of a route that acts."""


def install(app: FastAPI) -> None:
    """Every error of this app is a problem from here on; a bug says nothing about the inside."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RuleError, _unloaded)
    app.add_middleware(Unexpected)
    openapi.install(app)


class Unexpected:
    """ASGI middleware: a bug becomes a 500 with a correlation id, and one log line with the stack.

    The error's own text stays out of both: it may hold a customer's words or a secret.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001  (a bug is answered, not shown)
            correlation = _log_bug(error)
            if started:
                raise RuntimeError(f"the answer broke off: {correlation}") from None
            await _unexpected(correlation).response()(scope, receive, send)


def _log_bug(error: Exception) -> str:
    correlation = random_id("err")
    stack = "".join(traceback.format_tb(error.__traceback__))
    log.error("http.bug", correlation=correlation, error=type(error).__name__, stack=stack)
    return correlation


def _unexpected(correlation: str) -> Problem:
    return Problem(
        "unexpected",
        "Something went wrong on our side",
        status=500,
        detail=f"nothing more is said here; the log has it under {correlation}",
        more={"correlation": correlation},
    )


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _invalid(_: Request, error: Exception) -> Response:
    """422 that names each field. The input is not repeated: it may be somebody's secret."""
    assert isinstance(error, RequestValidationError)
    faults = [
        {"at": ".".join(str(part) for part in fault["loc"]), "message": fault["msg"]}
        for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['at']}: {fault['message']}" for fault in faults[:5])
    return Problem(
        "invalid-request",
        "The request is not valid",
        status=422,
        detail=detail,
        more={"errors": faults},
    ).response()


async def _http(_: Request, error: Exception) -> Response:
    """What the framework refuses: an unknown path, a wrong method, a body it cannot parse."""
    assert isinstance(error, HTTPException)
    detail = error.detail
    if detail in _PHRASES:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"this path takes {allowed}" if allowed else _UNSAID.get(error.status_code, "")
    return refusal(error.status_code, detail, headers=error.headers).response()


async def _unloaded(_: Request, error: Exception) -> Response:
    """The active mappings cannot be loaded by this version: nothing that needs them can be said."""
    return Problem(
        "mappings-not-loaded",
        "The active mappings cannot be loaded",
        status=503,
        detail=f"{error}; activate a set that can, or run the version that made it",
    ).response()
