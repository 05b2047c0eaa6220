"""`/api/v1/connections/{name}/webhooks`: registrations as declared, beside those at the system."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from bridge.access.guard import Operator
from bridge.access.problems import ACTS, READS, Problem, not_found
from bridge.access.repeats import OperatorAct
from bridge.connectors.connected import Connected
from bridge.connectors.registration import Finding
from bridge.errors import BridgeError
from bridge.pipeline.registering.alone import alone
from bridge.pipeline.registering.standing import repaired, standing
from bridge.pipeline.world import World

router = APIRouter(prefix="/api/v1/connections", tags=["connections"], responses=READS)


class WebhookView(BaseModel):
    """One registration. `standing`: there, missing, differs, expires, extra or unknown; `detail`: in
    what, or why it is not known. `repair`: what a repair does about it: register, replace, renew,
    remove, or nothing.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "connection": "jira",
                    "name": "Bridge",
                    "url": "https://bridge.example.com/webhooks/jira",
                    "standing": "differs",
                    "detail": "it lacks comment_created",
                    "expires_at": None,
                    "repair": "replace",
                }
            ]
        },
    )

    connection: str
    name: str
    url: str
    standing: str
    detail: str
    expires_at: datetime | None
    repair: str


class WebhooksRepaired(BaseModel):
    """`done`: what was amiss and was put right; `now`: how all stand after it."""

    done: list[WebhookView]
    now: list[WebhookView]


@router.get("/{name}/webhooks", summary="Webhooks as declared, and as they are")
def listing(request: Request, _: Operator, name: str) -> list[WebhookView]:
    """The system is asked now. Nothing for a connection that declares none under `registered`."""
    world: World = request.app.state.world
    connected = _connected(world, name)
    return _views(name, standing(world, connected))


@router.post("/{name}/webhooks:repair", summary="Put webhooks right", responses=ACTS)
def repair(request: Request, act: OperatorAct, name: str) -> Response:
    """Register what is missing, replace what differs, renew what ends, remove what is there twice."""
    world: World = request.app.state.world
    connected = _connected(world, name)

    def work() -> WebhooksRepaired:
        with alone(world, name) as ours:
            if not ours:
                raise _busy(name)
            return put_right()

    def put_right() -> WebhooksRepaired:
        found = standing(world, connected)
        try:
            done = repaired(connected, found)
        except BridgeError as error:
            raise _refused(name, error) from error
        views = _views(name, done)
        with world.database.transaction() as session:
            said = [one.model_dump(mode="json") for one in views]
            act.record(session, "repair_webhooks", name, difference={"done": said})
        return WebhooksRepaired(done=views, now=_views(name, standing(world, connected)))

    return act.once_outside(work)


def _connected(world: World, name: str) -> Connected:
    found = world.connections.get(name)
    if found is None:
        raise not_found(f"connection {name}")
    return found


def _busy(name: str) -> Problem:
    return Problem(
        "still-running",
        "Another repair of these webhooks still runs",
        status=409,
        detail=f"wait until it is done, and look: bridge connections webhooks list {name}",
        headers={"Retry-After": "30"},
    )


def _refused(name: str, error: BridgeError) -> Problem:
    return Problem(
        "system-refused",
        "The system did not do it",
        status=502,
        detail=f"{error}; look how they stand now: bridge connections webhooks list {name}",
    )


def _views(name: str, findings: Sequence[Finding]) -> list[WebhookView]:
    return [_view(name, one) for one in findings]


def _view(name: str, one: Finding) -> WebhookView:
    return WebhookView(
        connection=name,
        name=one.name,
        url=one.url,
        standing=one.standing,
        detail=one.detail,
        expires_at=one.expires_at,
        repair=one.repair,
    )
