"""The back door of every simulator, below `/_sim/`: its state, its faults, and its people."""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from fastapi import APIRouter, Body, HTTPException

from bridge.connectors.simulation.faults import LATENCY, DeliveryFault, Fault, Faults

_ANY_OBJECT = Body(default_factory=dict)


def control_routes(
    faults: Faults,
    state: Callable[[], Any],
    *,
    people: Mapping[str, Callable[..., Any]],
) -> APIRouter:
    """GET `/_sim/help` and `/_sim/state`; POST (rates, and `next`: a list of scripted faults) and DELETE
    `/_sim/faults`; POST `/_sim/person/{verb}` with the arguments of `people[verb]` as an object.
    """
    router = APIRouter(prefix="/_sim")

    @router.get("/help")
    def read_help() -> Any:
        return _help(people)

    @router.get("/state")
    def read_state() -> Any:
        return state()

    @router.post("/faults")
    def set_faults(body: dict[str, Any] = _ANY_OBJECT) -> Any:
        return _set_faults(faults, body)

    @router.delete("/faults")
    def calm() -> Any:
        return _calm(faults)

    @router.post("/person/{verb}")
    def act(verb: str, body: dict[str, Any] = _ANY_OBJECT) -> Any:
        if verb not in people:
            raise HTTPException(404, f"no {verb!r}; there are: {', '.join(sorted(people))}")
        return _act(people[verb], body)

    return router


def _help(people: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """What this door opens: each verb with its arguments and what it does, and every fault."""
    verbs = {
        name: {"arguments": str(signature(verb)), "does": (verb.__doc__ or "").strip()}
        for name, verb in sorted(people.items())
    }
    return {
        "GET /_sim/state": "what there is, and what was asked",
        "POST /_sim/faults": {
            "rates from 0 to 1": sorted(map(str, (*Fault, *DeliveryFault, LATENCY))),
            "latency_seconds": "how long latency takes, in the vendor's seconds",
            "outage": "true: nothing is answered until DELETE",
            "next": "a list of faults that fire once: {name, method, path_contains}",
        },
        "DELETE /_sim/faults": "calm",
        "POST /_sim/person/{verb}": verbs,
    }


def _set_faults(faults: Faults, body: Mapping[str, Any]) -> Any:
    rates = {name: value for name, value in body.items() if name != "next"}
    try:
        faults.configure(**rates)
        for scripted in body.get("next", []):
            faults.next(**scripted)
    except (TypeError, ValueError) as error:
        raise HTTPException(422, str(error)) from error
    return {"count": faults.count}


def _calm(faults: Faults) -> Any:
    faults.calm()
    return {"count": faults.count}


def _act(verb: Callable[..., Any], body: Mapping[str, Any]) -> Any:
    try:
        return verb(**body)
    except (TypeError, ValueError, LookupError) as error:
        raise HTTPException(422, str(error)) from error
