"""The HTTP surface of one process: webhooks in, the API for people, health and metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bridge.access import limits, problems
from bridge.access import routes as access_routes
from bridge.access.guard import Viewer
from bridge.alarms import routes as alarm_routes
from bridge.app import Bridge
from bridge.erasure import routes as erasure_routes
from bridge.inbox import routes as inbox_routes
from bridge.inbox import webhooks
from bridge.insight import routes as insight_routes
from bridge.ledger import routes as ledger_routes
from bridge.outbox import routes as outbox_routes
from bridge.pipeline import routes as act_routes
from bridge.pipeline import rule_routes

ABOUT = """
Bridge carries feedback from Salesforce to Jira, progress back to Salesforce, and alerts to Teams.

Every route needs a key (`Authorization: Bearer …`, made by `bridge keys create`); every POST that
acts needs an `Idempotency-Key`. Lists are keyset pages: ask for `next` until it is null. Errors are
problems (RFC 9457) with a stable `type`.
"""


def api(bridge: Bridge) -> FastAPI:
    """The app of a process. Its workers start and stop with it."""
    app = FastAPI(
        title="Bridge",
        version="1",
        description=ABOUT,
        lifespan=_lifespan(bridge),
        docs_url="/api/docs",
        openapi_url="/api/openapi.json",
        redoc_url=None,
    )
    app.state.bridge = app.state.door = bridge
    app.state.database, app.state.clock = bridge.database, bridge.clock
    app.state.world, app.state.connections = bridge.world, bridge.connections
    for noun in (
        webhooks,
        access_routes,
        alarm_routes,
        inbox_routes,
        ledger_routes,
        outbox_routes,
        act_routes,
        rule_routes,
        erasure_routes,
        insight_routes,
    ):
        app.include_router(noun.router)
    _health(app, bridge)
    problems.install(app)
    app.add_middleware(limits.Limits)
    return app


def _lifespan(bridge: Bridge) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        bridge.worker.start()
        yield
        bridge.close()

    return lifespan


def _health(app: FastAPI, bridge: Bridge) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> Response:
        """The process answers."""
        return Response(b"ok\n", media_type="text/plain")

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> Response:
        """It can store messages and decide on them. Says no more than that to strangers."""
        ready = not bridge.worker.not_ready and _database_answers(bridge)
        body = b"ready\n" if ready else b"not ready; see the log or GET /api/v1/status\n"
        return Response(body, 200 if ready else 503, media_type="text/plain")

    @app.get("/api/v1/status", tags=["access"], summary="What this node is doing")
    def status(_: Viewer) -> dict[str, str]:
        """Why the node is not ready, in words; empty when it is. After a restore: what it lacks."""
        gap = bridge.watch.gap
        return {
            "node": bridge.loaded.settings.node,
            "not_ready": bridge.worker.not_ready,
            "after_restore": gap.text if gap else "",
        }

    @app.get("/metrics", include_in_schema=False)
    def metrics(_: Viewer) -> Response:
        return Response(bridge.metrics.exposition(), media_type=bridge.metrics.content_type)


def _database_answers(bridge: Bridge) -> bool:
    try:
        with bridge.database.reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
