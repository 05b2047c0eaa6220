"""The HTTP surface of one process: webhooks in, the API for people, health and metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError

from bridge.access import key_routes, limits, problems
from bridge.access import routes as access_routes
from bridge.access.guard import Viewer
from bridge.alarms import routes as alarm_routes
from bridge.alarms import store as alarms
from bridge.alerts import routes as alert_routes
from bridge.erasure import routes as erasure_routes
from bridge.inbox import routes as inbox_routes
from bridge.inbox import webhooks
from bridge.insight import routes as insight_routes
from bridge.ledger import routes as ledger_routes
from bridge.outbox import routes as outbox_routes
from bridge.pipeline.acts import edit_routes, hold_routes
from bridge.pipeline.acts import routes as act_routes
from bridge.pipeline.adoption import hand_routes
from bridge.pipeline.adoption import routes as link_routes
from bridge.pipeline.backfill import routes as backfill_routes
from bridge.pipeline.caps import routes as cap_routes
from bridge.pipeline.drift import routes as drift_routes
from bridge.pipeline.dry_run import routes as dry_run_routes
from bridge.pipeline.explaining import routes as explain_routes
from bridge.pipeline.people import routes as people_routes
from bridge.pipeline.polling import routes as poll_routes
from bridge.pipeline.registering import routes as registering_routes
from bridge.pipeline.replay import routes as replay_routes
from bridge.pipeline.ruleset import capture_routes, proposal, try_routes, version_routes
from bridge.pipeline.ruleset import routes as rule_routes
from bridge.pipeline.ruleset.proposal import Verdict
from bridge.pipeline.syncing import page as conflict_page
from bridge.pipeline.syncing import routes as conflict_routes
from bridge.process import Bridge
from bridge.rules import store

NOUNS = (
    access_routes,
    key_routes,
    alarm_routes,
    alert_routes,
    inbox_routes,
    explain_routes,
    ledger_routes,
    outbox_routes,
    act_routes,
    edit_routes,
    replay_routes,
    hold_routes,
    rule_routes,
    dry_run_routes,
    version_routes,
    capture_routes,
    cap_routes,
    try_routes,
    erasure_routes,
    insight_routes,
    hand_routes,
    link_routes,
    people_routes,
    drift_routes,
    poll_routes,
    backfill_routes,
    conflict_routes,
    conflict_page,
    registering_routes,
)
ABOUT = """
Bridge carries feedback from Salesforce to Jira, progress back to Salesforce, and alerts to Teams.

Every route needs a key (`Authorization: Bearer …`, made by `bridge keys create`), this document too;
every POST that acts needs an `Idempotency-Key`. Lists are keyset pages: ask for `next` until it is
null. Errors are problems (RFC 9457) with a stable `type`.
"""


def api(bridge: Bridge, *, drains: bool = True) -> FastAPI:
    """The app of a process. Its workers start and stop with it, if it drains at all."""
    app = FastAPI(
        title="Bridge",
        version="1",
        description=ABOUT,
        lifespan=_lifespan(bridge, drains=drains),
        docs_url=None,
        openapi_url=None,
        redoc_url=None,
    )
    app.state.bridge = bridge
    app.state.database, app.state.clock = bridge.database, bridge.clock
    app.state.world, app.state.connections = bridge.world, bridge.connections
    app.state.kinds = bridge.world.kinds
    decisions = bridge.loaded.file.decisions
    app.state.link_secret = decisions.secret if decisions else None
    app.state.dry_runs = dry_run_routes.Turn(stopping=lambda: bridge.worker.retired)
    for noun in NOUNS:
        app.include_router(noun.router)
    _health(app, bridge)
    problems.install(app)
    app.add_middleware(limits.Limits)
    app.add_middleware(webhooks.Webhooks, door=bridge)
    return app


def _lifespan(
    bridge: Bridge, *, drains: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        bridge.start(drains=drains)
        try:
            yield
        finally:
            bridge.close()

    return lifespan


class Status(BaseModel):
    """One node. `not_ready` says why it does not work, `after_restore` what a restore lacks, if so.

    `mappings`: why the folder was not taken, if so; what was active before decides meanwhile. Or that
    it holds a set that was active before and is not taken again, as after a roll-back.
    `settings`: why the file of settings was not taken, or what of it waits for a restart.
    `hears`: other nodes can wake it; else it looks once a second.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "node": "bridge-1",
                    "not_ready": "",
                    "after_restore": "",
                    "mappings": "",
                    "settings": "",
                    "hears": True,
                    "leads": True,
                    "database": "postgresql",
                }
            ]
        },
    )

    node: str
    not_ready: str
    after_restore: str
    mappings: str
    settings: str
    hears: bool
    leads: bool
    database: str


def _health(app: FastAPI, bridge: Bridge) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> Response:
        """The process answers."""
        return Response(b"ok\n", media_type="text/plain")

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> Response:
        """It can store messages and decide on them. Strangers hear what is not ready, not why."""
        lacking, folder = _state(bridge)
        lines = [f"not ready: {lacking}; GET /api/v1/status says more" if lacking else "ready"]
        if folder:
            lines.append("the mappings folder was not taken; GET /api/v1/status says more")
        if bridge.settings_watch.fault:
            lines.append("the file of settings was not taken; GET /api/v1/status says more")
        said = "".join(f"{line}\n" for line in lines)
        return Response(said, 503 if lacking else 200, media_type="text/plain")

    @app.get(
        "/api/v1/status",
        tags=["access"],
        summary="What this node is doing",
        responses=problems.READS,
    )
    def status(_: Viewer) -> Status:
        """Whether it works, keeps the clock for all, and what it lacks after a restore."""
        gap = bridge.watch.gap
        return Status(
            node=bridge.loaded.settings.node,
            not_ready=bridge.worker.not_ready,
            leads=bridge.worker.clockwork.leads,
            after_restore=gap.text if gap else "",
            mappings=_folder(bridge),
            settings=bridge.settings_watch.text,
            hears=bridge.worker.bells.hears,
            database=bridge.database.url.get_backend_name(),
        )

    @app.get("/api/openapi.json", include_in_schema=False)
    def openapi(_: Viewer) -> dict[str, Any]:
        return app.openapi()

    @app.get("/metrics", include_in_schema=False)
    def metrics(_: Viewer) -> Response:
        return Response(bridge.metrics.exposition(), media_type=bridge.metrics.content_type)


def _state(bridge: Bridge) -> tuple[str, str]:
    """What is lacking for this node to be ready, and why the mappings folder was not taken."""
    try:
        with bridge.database.reading() as session:
            refused = alarms.down(session, proposal.ALARM)
    except SQLAlchemyError:
        return "the database does not answer", ""
    lacking = "the workers do not go on" if bridge.worker.not_ready else ""
    return lacking, refused.text if refused else ""


def _folder(bridge: Bridge) -> str:
    """Why the folder was not taken; or that it holds another set than the active one, and will."""
    with bridge.database.reading() as session:
        active = store.active_hash(session)
    last = bridge.follower.last
    aside = last.verdict is Verdict.KNOWN and last.active == active
    return _state(bridge)[1] or (last.text if aside else "")
