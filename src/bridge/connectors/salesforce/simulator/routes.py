"""The HTTP face: token endpoint, REST API, and the back door for demo and tests."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote

import anyio.to_thread
from fastapi import FastAPI, Request, Response

from bridge.connectors.salesforce.simulator import files, rejection, rest, vendor
from bridge.connectors.salesforce.simulator.call import Answer, Call
from bridge.connectors.salesforce.simulator.oauth import OAuth
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.rejection import Rejection
from bridge.connectors.salesforce.simulator.session import Sessions

_PREFIX = "/services/data/"
_WITH_BODY = frozenset({"POST", "PATCH", "PUT"})


class Gateway:
    """From an HTTP request to a call: version, session and allocation, in the vendor's order."""

    def __init__(self, org: Org, sessions: Sessions, oldest_version: int) -> None:
        self._org = org
        self._sessions = sessions
        self.oldest_version = oldest_version

    def versions(self) -> list[dict[str, str]]:
        """`GET /services/data/`: no session needed."""
        return [
            {"label": f"v{number}.0", "url": f"{_PREFIX}v{number}.0", "version": f"{number}.0"}
            for number in range(self.oldest_version, vendor.NEWEST_VERSION + 1)
        ]

    def answer(self, request: Request, raw_path: str, body: bytes) -> Answer:
        """Every refusal is an answer; all carry the use of the allocation."""
        try:
            answer = rest.answer(self._org, self._call(request, raw_path, body))
        except Rejection as refusal:
            answer = Answer(status=refusal.status, body=refusal.body())
        usage = {"Sforce-Limit-Info": self._org.allocation.header()}
        return Answer(status=answer.status, body=answer.body, headers={**answer.headers, **usage})

    def _call(self, request: Request, raw_path: str, body: bytes) -> Call:
        if len(raw_path) + len(request.url.query) > vendor.URI_LIMIT:
            raise Rejection("URI_TOO_LONG", "URI Too Long", status=HTTPStatus.REQUEST_URI_TOO_LONG)
        version, *segments = raw_path.removeprefix(_PREFIX).rstrip("/").split("/")
        number = self._version(version)
        user = self._sessions.user(request.headers.get("authorization", ""))
        if user is None:
            raise rejection.invalid_session()
        with self._org.lock:
            if not self._org.allocation.take():
                raise rejection.limit_exceeded()
        return Call(
            method=request.method,
            segments=tuple(unquote(each) for each in segments),
            version=number,
            by=user,
            params=dict(request.query_params),
            headers=dict(request.headers),
            body=_parsed(request, body),
        )

    def _version(self, text: str) -> int:
        number, dot, rest_ = text.removeprefix("v").partition(".")
        if not (text.startswith("v") and dot and rest_ == "0" and number.isdigit()):
            raise rejection.no_resource()
        if int(number) < self.oldest_version:
            message = f"The requested API version ({number}.0) has been retired."
            raise Rejection(vendor.RETIRED_CODE, message, status=HTTPStatus.GONE)
        if int(number) > vendor.NEWEST_VERSION:
            raise rejection.no_resource()
        return int(number)


def build_app(gateway: Gateway, oauth: OAuth, sessions: Sessions) -> FastAPI:
    """The vendor's own paths; the caller adds faults and the back door."""
    app = FastAPI(openapi_url=None, title="Salesforce, simulated")

    @app.post("/services/oauth2/token")
    async def token(request: Request) -> Response:
        authorization = request.headers.get("authorization", "")
        base_url = str(request.base_url).rstrip("/")
        return _response(oauth.token(await _form(request), authorization, base_url=base_url))

    @app.post("/services/oauth2/revoke")
    async def revoke(request: Request) -> Response:
        known = sessions.revoke((await _form(request)).get("token", ""))
        return Response(status_code=HTTPStatus.OK if known else HTTPStatus.BAD_REQUEST)

    @app.get("/services/data")
    @app.get("/services/data/")
    def versions() -> list[dict[str, str]]:
        return gateway.versions()

    @app.api_route("/services/data/{path:path}", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
    async def resource(request: Request) -> Response:
        body = await request.body()
        raw = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
        path = raw.partition("?")[0]
        answer = await anyio.to_thread.run_sync(gateway.answer, request, path, body)
        return _response(answer)

    return app


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=dict(answer.headers))
    if isinstance(answer.body, bytes):
        return Response(answer.body, media_type="application/octet-stream")
    return Response(
        json.dumps(answer.body, ensure_ascii=False).encode(),
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type="application/json;charset=UTF-8",
    )


def _parsed(request: Request, body: bytes) -> Any:
    if request.method not in _WITH_BODY:
        return None
    kind = request.headers.get("content-type", "application/json")
    if kind.startswith("multipart/form-data"):
        return files.parsed(kind, body)
    if not kind.startswith("application/json"):
        text = f"Content-Type header specified is not supported: {kind}"
        raise Rejection("UNSUPPORTED_MEDIA_TYPE", text, status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise rejection.unparsable(f"Unexpected input: {_place(error)}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _place(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
    return "at [line:1, column:1]"


def refusal(rejected: Rejection) -> tuple[int, bytes, Mapping[str, str]]:
    """Status, body and headers of a refusal that the fault middleware sends."""
    body = json.dumps(rejected.body()).encode()
    return rejected.status, body, {"content-type": "application/json;charset=UTF-8"}
