"""The composite resource: up to 25 calls in one, later ones using what earlier ones gave."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from bridge.connectors.salesforce.simulator import rejection
from bridge.connectors.salesforce.simulator.call import Answer, Call
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.rejection import Rejection
from bridge.connectors.salesforce.simulator.vendor import COMPOSITE_LIMIT, COMPOSITE_QUERY_LIMIT

_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_HEAVY = re.compile(r"/v\d+\.0/(query|queryAll|composite/sobjects)(/|$)")
_HALTED = "PROCESSING_HALTED"
_ROLLED_BACK = (
    "The transaction was rolled back since another operation in the same transaction failed."
)

Runner = Callable[[Org, Call], Answer]
_Request = dict[str, Any]


class _RolledBack(Exception):
    """Leaves the transaction of an all-or-none call."""


def run(org: Org, call: Call, runner: Runner) -> Answer:
    """200 even if all failed; with `allOrNone` one failure undoes the others."""
    requests = _requests(call)
    answers: dict[str, Answer] = {}
    strict = call.fields().get("allOrNone") is True
    try:
        with org.tables.transaction():
            for request in requests:
                answer = _one(org, call, request, answers, runner)
                answers[request["referenceId"]] = answer
                _undo_if(strict and not answer.ok)
    except _RolledBack:
        answers = {name: _halted() if each.ok else each for name, each in answers.items()}
    return Answer(body={"compositeResponse": [_item(each, answers) for each in requests]})


def _undo_if(failed: bool) -> None:
    if failed:
        raise _RolledBack


def _one(
    org: Org, call: Call, request: _Request, answers: Mapping[str, Answer], runner: Runner
) -> Answer:
    try:
        url = _filled(request["url"], answers)
        body = _filled(request.get("body"), answers)
    except LookupError as error:
        return _halted(f"Invalid reference specified. No value for {error.args[0]} found")
    parts = urlsplit(url)
    below = parts.path.removeprefix(f"{call.root}/")
    if below == parts.path:
        return _answer(rejection.no_resource())
    return runner(
        org,
        Call(
            method=request["method"],
            segments=tuple(unquote(each) for each in below.rstrip("/").split("/")),
            version=call.version,
            by=call.by,
            params=dict(parse_qsl(parts.query)),
            headers={name.lower(): str(each) for name, each in _headers(request).items()},
            body=body,
        ),
    )


def _headers(request: _Request) -> dict[str, Any]:
    headers = request.get("httpHeaders")
    return headers if isinstance(headers, dict) else {}


def _requests(call: Call) -> list[_Request]:
    found = call.fields().get("compositeRequest")
    if not isinstance(found, list) or not found:
        raise rejection.unparsable("compositeRequest: a list of subrequests is required")
    if len(found) > COMPOSITE_LIMIT:
        raise _too_many(COMPOSITE_LIMIT, "subrequests")
    for request in found:
        _refuse_bad(request)
    if len({request["referenceId"] for request in found}) < len(found):
        raise Rejection("INVALID_INPUT", "referenceId must be unique within the request")
    if sum(_is_heavy(request) for request in found) > COMPOSITE_QUERY_LIMIT:
        raise _too_many(COMPOSITE_QUERY_LIMIT, "queries and collections")
    return found


def _is_heavy(request: _Request) -> bool:
    return _HEAVY.search(urlsplit(request["url"]).path) is not None


def _too_many(limit: int, what: str) -> Rejection:
    return Rejection("INVALID_INPUT", f"Request contains more than {limit} {what}")


def _refuse_bad(request: Any) -> None:
    texts = ("method", "url", "referenceId")
    if not isinstance(request, dict) or any(not isinstance(request.get(k), str) for k in texts):
        raise rejection.unparsable("a subrequest needs method, url and referenceId")
    if not re.fullmatch(r"[A-Za-z0-9_]+", request["referenceId"]):
        text = "referenceId: letters, digits and underscores only"
        raise Rejection("INVALID_INPUT", text)


def _filled(value: Any, answers: Mapping[str, Answer]) -> Any:
    """The value with each `@{ref.path}` replaced. Raises LookupError with the reference."""
    match value:
        case str():
            return _REFERENCE.sub(lambda found: _looked_up(found, answers), value)
        case list():
            return [_filled(each, answers) for each in value]
        case dict():
            return {name: _filled(each, answers) for name, each in value.items()}
        case _:
            return value


def _looked_up(found: re.Match[str], answers: Mapping[str, Answer]) -> str:
    source = answers.get(found[1])
    at = source.body if source is not None and source.ok else None
    for name, number in _STEP.findall(found[2]):
        at = _step(at, name, number)
    if at is None or isinstance(at, dict | list):
        raise LookupError(f"{found[1]}{found[2]}")
    return at if isinstance(at, str) else json.dumps(at)


def _step(at: Any, name: str, number: str) -> Any:
    if number:
        return at[int(number)] if isinstance(at, list) and int(number) < len(at) else None
    return at.get(name) if isinstance(at, dict) else None


def _item(request: _Request, answers: Mapping[str, Answer]) -> dict[str, Any]:
    name = request["referenceId"]
    answer = answers.get(name) or _halted()
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": name,
    }


def _halted(text: str = _ROLLED_BACK) -> Answer:
    return _answer(Rejection(_HALTED, text))


def _answer(refusal: Rejection) -> Answer:
    return Answer(status=refusal.status, body=refusal.body())
