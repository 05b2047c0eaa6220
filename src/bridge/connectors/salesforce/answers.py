"""What an answer of the REST API means for the caller: the one place that reads Salesforce's errors.

Codes by the REST guide, "Status Codes and Error Responses", and by what its limits pages say:
REQUEST_LIMIT_EXCEEDED is a 403 and names no time to wait.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import httpx
import orjson
from pydantic import BaseModel, ValidationError

from bridge.canonical.text import cut
from bridge.connectors.limits import retry_after
from bridge.connectors.salesforce.payloads import PROBLEMS, Problem
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    PermanentError,
    TransientError,
)

REFUSED_CALL = "REQUEST_LIMIT_EXCEEDED"
LIMIT_SECONDS = 900.0  # a rolling 24 hours: a quarter of an hour frees about 1 % of the allocation
LONG_CALLS_SECONDS = 30.0  # too many calls of over 20 s at once: they end
LOCK_SECONDS = 5.0
KEPT_CHARS = 300
_USAGE = re.compile(r"api-usage=(\d{1,12})/(\d{1,12})")
_URL = re.compile(r"https?://\S+")
_NOT_THERE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})
_WAITS = {REFUSED_CALL: LIMIT_SECONDS, "UNABLE_TO_LOCK_ROW": LOCK_SECONDS}
_AWAY = frozenset({"SERVER_UNAVAILABLE"})  # Salesforce itself says that it did nothing
_UNSURE = frozenset({"UNKNOWN_EXCEPTION", "QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG"})
_REMEDIES = {
    "300": "several records have this key; make the key field unique",
    "410": "this API version is retired: set api_version to 67.0",
    "GONE": "this API version is retired: set api_version to 67.0",
    "API_DISABLED_FOR_ORG": "the org's edition or the Run-As user's profile lacks API Enabled",
    "INSUFFICIENT_ACCESS": "give the Run-As user's permission set this object",
    "INSUFFICIENT_ACCESS_OR_READONLY": "give the Run-As user edit access to this record",
    "INVALID_FIELD": "no such field, or hidden from the Run-As user by field-level security",
    "DUPLICATES_DETECTED": "a duplicate rule stopped it: set allow_duplicates, or merge by hand",
    "ENTITY_IS_DELETED": "the record was deleted; nothing is made anew by itself",
    "NOT_FOUND": "no such record, object or external id field, or the Run-As user cannot see it",
}
M = TypeVar("M", bound=BaseModel)


class Effect(StrEnum):
    """What a call leaves behind, which tells what a lost answer means.

    read    nothing: a lost answer is a call to repeat
    repeat  a write that changes nothing more when repeated
    once    a write that would happen twice
    """

    READ = "read"
    REPEAT = "repeat"
    ONCE = "once"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call, whole, so that it can be repeated with everything it had. `what` is for people."""

    method: str
    path: str
    what: str
    effect: Effect
    json: Any = None
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def is_gone(error: PermanentError) -> bool:
    """Whether it says that the record is not there any more."""
    return error.code in _NOT_THERE


def refusal(connection: str, call: Call, response: httpx.Response) -> DeliveryError | None:
    """The error an answer stands for; `None` for a success."""
    status = response.status_code
    if 200 <= status < 300:
        return None
    problem = first_problem(response)
    code = problem.code or str(status)
    text = f"{connection}: {call.what}: {told(problem, status)}"
    if status == 401:
        return CredentialError(f"{text}; the session is refused even when it is new", code=code)
    if code in _WAITS:
        wait = quota_wait(response) if code == REFUSED_CALL else _WAITS[code]
        return TransientError(text, code=code, retry_after=wait)
    if status == 429 or code in _AWAY:
        return TransientError(text, code=code, retry_after=retry_after(response.headers))
    if status >= 500 or status == 408 or code in _UNSURE:
        return lost(text, call, code=code)
    return PermanentError(_with_remedy(text, code), code=code)


def item_refusal(connection: str, call: Call, problem: Problem) -> DeliveryError:
    """The error of one record of a collection, whose own answer is a 200."""
    text = f"{connection}: {call.what}: {told(problem, 200)}"
    if problem.code in _WAITS:
        return TransientError(text, code=problem.code, retry_after=_WAITS[problem.code])
    if problem.code in _AWAY | _UNSURE:
        return lost(text, call, code=problem.code)
    return PermanentError(_with_remedy(text, problem.code), code=problem.code)


def quota_wait(response: httpx.Response) -> float:
    """Seconds after a REQUEST_LIMIT_EXCEEDED: the day's calls are used up, unless the answer counts less."""
    usage = _USAGE.search(response.headers.get("sforce-limit-info", ""))
    spare = usage is not None and int(usage[1]) < int(usage[2])
    return LONG_CALLS_SECONDS if spare else LIMIT_SECONDS


def lost(text: str, call: Call, *, code: str = "") -> DeliveryError:
    """The error for an answer that does not tell whether the call took effect."""
    if call.effect is Effect.ONCE:
        return AmbiguousOutcome(text, code=code)
    return TransientError(text, code=code)


def parsed(connection: str, call: Call, response: httpx.Response, model: type[M]) -> M:
    """The answer as a model. What cannot be read is a maintenance page, say: no answer at all."""
    try:
        return model.model_validate(orjson.loads(response.content))
    except (orjson.JSONDecodeError, ValidationError):
        text = (
            f"{connection}: {call.what}: HTTP {response.status_code} without the JSON that is due"
        )
        if call.effect is Effect.READ:
            raise TransientError(text, code="no_json") from None
        raise AmbiguousOutcome(text, code="no_json") from None


def first_problem(response: httpx.Response) -> Problem:
    """REST answers a list of problems, OAuth an object, a proxy anything."""
    try:
        problems = PROBLEMS.validate_python(orjson.loads(response.content))
    except (orjson.JSONDecodeError, ValidationError):
        return Problem()
    return problems[0] if problems else Problem()


def told(problem: Problem, status: int) -> str:
    """Salesforce's own words, cut, without any URL: one may hold a query with data in it."""
    words = " ".join(_URL.sub("[url]", problem.message).split())
    fields = f" (fields: {', '.join(problem.fields)})" if problem.fields else ""
    return cut(f"{problem.code or f'HTTP {status}'}: {words}{fields}".rstrip(": "), KEPT_CHARS)


def _with_remedy(text: str, code: str) -> str:
    remedy = _REMEDIES.get(code)
    return f"{text}; {remedy}" if remedy else text
