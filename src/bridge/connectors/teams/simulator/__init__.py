"""Microsoft Teams, small: Workflows URLs that take cards, and a person who mentions Bridge."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from bridge.clock import Clock, SystemClock
from bridge.connectors.simulation.asgi import FaultMiddleware, Refusal
from bridge.connectors.simulation.control import control_routes
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.teams.simulator.outgoing import TEAM, TENANT, Reply
from bridge.connectors.teams.simulator.shown import PostedCard, page
from bridge.connectors.teams.simulator.state import Channels, FailedRun, too_many

RETRY_AFTER_SECONDS = 30.0  # vendor seconds that an injected 429 asks for
CHANNELS = ("engineering", "support", "alerts")
_PATHS = "/powerautomate/automations/direct/{rest}workflows/{workflow}/triggers/manual/paths/invoke"

__all__ = ["TEAM", "TENANT", "FailedRun", "PostedCard", "Reply", "TeamsSimulator", "build"]


class TeamsSimulator(Channels):
    """The channels behind HTTP: `app` serves the flows' URLs, and `/_sim/` for people and tests."""

    def __init__(
        self, channels: Sequence[str], *, clock: Clock, pace: Pace, faults: Faults, seed: int
    ) -> None:
        super().__init__(channels, clock=clock, pace=pace, seed=seed)
        self.faults = faults
        self.app = _app(self, pace)


def build(
    *,
    channels: Sequence[str] = CHANNELS,
    clock: Clock | None = None,
    pace: Pace = Pace(0.01),  # noqa: B008  (frozen)
    faults: Faults | None = None,
    seed: int = 1,
) -> TeamsSimulator:
    """A Teams with these channels, each with a flow. One `seed`, one set of URLs."""
    return TeamsSimulator(
        channels, clock=clock or SystemClock(), pace=pace, faults=faults or Faults(seed), seed=seed
    )


def _app(simulator: TeamsSimulator, pace: Pace) -> FastAPI:
    app = FastAPI(title="Teams, simulated", docs_url=None, redoc_url=None, openapi_url=None)
    _add_trigger(app, simulator)
    _add_pages(app, simulator)
    people: dict[str, Callable[..., Any]] = {
        "add_channel": simulator.add_channel,
        "turn_off": simulator.turn_off,
        "turn_on": simulator.turn_on,
        "delete": simulator.delete,
        "restrict": simulator.restrict,
        "hide_limits": simulator.hide_limits,
        "renew": simulator.renew,
        "create_webhook": simulator.create_webhook,
        "mention": simulator.mention,
    }
    app.include_router(control_routes(simulator.faults, simulator.state, people=people))

    def refused() -> Refusal:
        answer = too_many(pace, RETRY_AFTER_SECONDS)
        return Refusal(
            status=answer.status,
            body=answer.body,
            headers={"content-type": "application/json", **answer.headers},
        )

    app.add_middleware(FaultMiddleware, faults=simulator.faults, pace=pace, too_many=refused)
    return app


def _add_trigger(app: FastAPI, simulator: TeamsSimulator) -> None:
    @app.post(_PATHS.format(rest="", workflow="{workflow}"))
    @app.post(_PATHS.format(rest="cu/{unit}/", workflow="{workflow}"))
    async def invoke(workflow: str, request: Request) -> Response:
        body = await request.body()
        query = request.scope["query_string"].decode("latin-1")
        kind = request.headers.get("content-type", "")
        answer = simulator.invoke(workflow, query, kind, body)
        media = "application/json" if answer.body else None
        return Response(answer.body, answer.status, dict(answer.headers), media)


def _add_pages(app: FastAPI, simulator: TeamsSimulator) -> None:
    @app.get("/_sim/cards")
    def cards(channel: str = "") -> list[dict[str, Any]]:
        return [_json(card) for card in simulator.cards(channel)]

    @app.get("/_sim/", response_class=HTMLResponse)
    def shown() -> str:
        failed = [f"{each.channel}: {each.reason}" for each in simulator.failed_runs]
        return page(simulator.cards(), failed)


def _json(card: PostedCard) -> dict[str, Any]:
    return {
        "channel": card.channel,
        "run_id": card.run_id,
        "at": card.at.isoformat(),
        "title": card.title,
        "texts": card.texts,
        "facts": card.facts,
        "links": card.links,
        "mentioned": card.mentioned,
        "bytes": card.bytes,
        "content": card.content,
    }
