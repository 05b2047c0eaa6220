"""The table of REST resources, and the way from a call to its answer."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.connectors.salesforce.simulator import (
    collection,
    composite,
    files,
    query,
    rejection,
    resource,
)
from bridge.connectors.salesforce.simulator.call import Answer, Call
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.rejection import ManyRecords, Rejection
from bridge.connectors.salesforce.simulator.trouble import Trouble

_WRITES = frozenset({"POST", "PATCH", "DELETE"})


@dataclass(frozen=True)
class _Resource:
    """`{...}` in a template takes any one segment, handed on in order."""

    template: str
    methods: dict[str, Callable[..., Answer]]

    def taken(self, segments: tuple[str, ...]) -> list[str] | None:
        parts = self.template.split("/") if self.template else []
        if len(parts) != len(segments):
            return None
        pairs = list(zip(parts, segments, strict=True))
        if any(part[0] != "{" and part != segment for part, segment in pairs):
            return None
        return [segment for part, segment in pairs if part[0] == "{"]


def _composite(org: Org, call: Call) -> Answer:
    return composite.run(org, call, answer)


# the first that fits: literal segments stand before open ones
_RESOURCES = (
    _Resource("", {"GET": resource.resources}),
    _Resource("limits", {"GET": resource.limits}),
    _Resource("query", {"GET": query.query}),
    _Resource("queryAll", {"GET": query.query_all}),
    _Resource("query/{locator}", {"GET": query.next_page}),
    _Resource("composite", {"POST": _composite}),
    _Resource(
        "composite/sobjects",
        {
            "POST": collection.create_many,
            "PATCH": collection.update_many,
            "DELETE": collection.delete_many,
        },
    ),
    _Resource(
        "composite/sobjects/{object}",
        {"GET": collection.read_many, "POST": collection.read_many},
    ),
    _Resource("composite/sobjects/{object}/{field}", {"PATCH": collection.upsert_many}),
    _Resource("sobjects", {"GET": resource.all_objects}),
    _Resource("sobjects/{object}", {"GET": resource.object_summary, "POST": resource.create}),
    _Resource("sobjects/{object}/describe", {"GET": resource.object_described}),
    _Resource(
        "sobjects/{object}/{id}",
        {"GET": resource.read, "PATCH": resource.update, "DELETE": resource.delete},
    ),
    _Resource("sobjects/{object}/{id}/VersionData", {"GET": files.version_data}),
    _Resource(
        "sobjects/{object}/{field}/{value}",
        {
            "GET": resource.read_external,
            "PATCH": resource.upsert,
            "DELETE": resource.delete_external,
        },
    ),
)


def answer(org: Org, call: Call) -> Answer:
    """The answer to an authorised call; refusals as the vendor words them."""
    with org.lock:
        try:
            return _found(org, call)
        except ManyRecords:
            refusal = Rejection("DUPLICATE_EXTERNAL_ID", "several records match")
        except Rejection as raised:
            refusal = raised
    return Answer(status=refusal.status, body=refusal.body())


def _found(org: Org, call: Call) -> Answer:
    for candidate in _RESOURCES:
        taken = candidate.taken(call.segments)
        if taken is None:
            continue
        handler = candidate.methods.get(call.method)
        if handler is None:
            raise _not_allowed(call.method, candidate)
        org.requests[call.method, candidate.template] += 1
        _refuse_by_trouble(org, call)
        return handler(org, call, *taken)
    raise rejection.no_resource()


def _refuse_by_trouble(org: Org, call: Call) -> None:
    if call.method not in _WRITES:
        return
    if org.troubles.strikes(Trouble.LIMIT, call.path):
        raise rejection.limit_exceeded()
    single = call.segments[0] == "sobjects"  # a collection is locked record by record
    if single and org.troubles.strikes(Trouble.LOCKED, call.path):
        raise rejection.locked()
    allowed = "allowsave=true" in call.headers.get("sforce-duplicate-rule-header", "").lower()
    if single and not allowed and org.troubles.strikes(Trouble.RULE, call.path):
        raise rejection.by_duplicate_rule()


def _not_allowed(method: str, found: _Resource) -> Rejection:
    allowed = ",".join(sorted(found.methods))
    text = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    return Rejection("METHOD_NOT_ALLOWED", text, status=405)
