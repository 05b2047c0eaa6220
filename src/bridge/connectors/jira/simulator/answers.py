"""How requests come in and answers go out: signed in, counted, within limits, in Jira's words."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.limits import RATE_WAIT, Allowance
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Issue, State
from bridge.connectors.simulation.asgi import Refusal

BURST = "jira-burst-based"
QUOTA = "jira-quota-tenant-based"
PER_ISSUE = "jira-per-issue-on-write"
_API = "/rest/api/{version}"
_VERSIONS = {Flavour.CLOUD: {"2", "3", "latest"}, Flavour.DATACENTER: {"2", "latest"}}


class Gate:
    """What every request passes: counted by method and path template, signed in, not too often."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.requests: Counter[str] = Counter()

    def __call__(self, request: Request, response: Response) -> None:
        """Raises Refused 401, 404 (a version this flavour lacks) or 429."""
        path = request.scope["route"].path.removeprefix(_API)
        with self.site.state.lock:
            self.requests[f"{request.method} {path}"] += 1
        flavour = self.site.state.flavour
        if request.path_params.get("version", "2") not in _VERSIONS[flavour]:
            raise HTTPException(404)
        self.site.credentials.check(request.headers.get("authorization", ""))
        if flavour is Flavour.CLOUD:
            self._spend(request.method, path, response=response)

    def _spend(self, method: str, path: str, *, response: Response) -> None:
        points = self.site.points.take()
        if points:
            response.headers.update(_quota(points))
        if points and points.wait:
            refused = too_many(self.site.state, points, QUOTA)
            raise Refused(
                429, "Rate limit exceeded.", headers={**refused.headers, **_quota(points)}
            )
        left = self.site.burst.take(method, path)
        if left.wait:
            raise too_many(self.site.state, left, BURST)
        response.headers["X-RateLimit-Limit"] = str(left.limit)
        response.headers["X-RateLimit-Remaining"] = str(left.left)
        if left.left < left.limit / 5:
            response.headers["X-RateLimit-NearLimit"] = "true"


def write(site: Site, id_or_key: str) -> Issue:
    """An issue that is about to be written by REST. Raises Refused 404 or 429."""
    issue = site.state.seen(id_or_key)
    if site.state.flavour is Flavour.CLOUD:
        left = site.writes.take(issue.id)
        if left.wait:
            raise too_many(site.state, left, PER_ISSUE)
    return issue


def too_many(state: State, left: Allowance, reason: str) -> Refused:
    """429 with all the headers Cloud sends; whole scaled seconds, one at least."""
    return Refused(429, "Rate limit exceeded.", headers=_limits(state, left, reason=reason))


def injected(state: State) -> Refusal:
    """The 429 of a fault."""
    left = Allowance(limit=100, left=0, wait=RATE_WAIT)
    refused = too_many(state, left, BURST)
    body = JSONResponse(refused.body()).body
    headers = {"Content-Type": "application/json", **refused.headers}
    return Refusal(status=429, body=bytes(body), headers=headers)


def _limits(state: State, left: Allowance, *, reason: str) -> dict[str, str]:
    wait = state.pace.whole_seconds(left.wait)
    common = {
        "Retry-After": str(wait),
        "X-RateLimit-Limit": str(left.limit),
        "X-RateLimit-Remaining": "0",
    }
    if state.flavour is Flavour.DATACENTER:
        return {**common, "X-RateLimit-FillRate": "10", "X-RateLimit-Interval-Seconds": "1"}
    reset = state.now() + timedelta(seconds=wait)
    return {
        **common,
        "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%MZ}",
        "RateLimit-Reason": reason,
    }


def _quota(points: Allowance) -> dict[str, str]:
    """The structured fields of the points of an hour."""
    until = round(points.wait or points.resets)
    return {
        "RateLimit-Policy": f'"tenant-app-quota";q={points.limit};w=3600',
        "RateLimit": f'"tenant-app-quota";r={points.left};t={until}',
    }


def speak_jira(app: FastAPI) -> None:
    """Errors in Jira's own bodies instead of the framework's."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _problem)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse(error.body(), status_code=error.status, headers=error.headers)


async def _malformed(request: Request, error: Exception) -> Response:
    return JSONResponse({"errorMessages": [BAD_BODY], "errors": {}}, status_code=400)


async def _problem(request: Request, error: Exception) -> Response:
    """Unknown paths and wrong methods answer as problem+json, unlike all others."""
    assert isinstance(error, HTTPException)
    if request.url.path.startswith("/_sim/"):
        return JSONResponse({"detail": error.detail}, status_code=error.status_code)
    body = {"type": "about:blank", "title": error.detail, "status": error.status_code}
    return JSONResponse(body, status_code=error.status_code, media_type="application/problem+json")


def router(gate: Gate) -> APIRouter:
    """Routes below it pass the gate; `{version}` is 2, 3 or latest."""
    return APIRouter(dependencies=[Depends(gate)])


def api(version: str) -> str:
    """`latest` is the second version."""
    return "3" if version == "3" else "2"


P = ParamSpec("P")
R = TypeVar("R")


def locked(site: Site) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """One request at a time touches the state."""

    def hold(handler: Callable[P, R]) -> Callable[P, R]:
        @wraps(handler)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with site.state.lock:
                return handler(*args, **kwargs)

        return run

    return hold
