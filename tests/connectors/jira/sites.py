"""The Jira sites a test may run against: a fake, and the simulated Cloud and Data Center."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response

from bridge.clock import Clock
from bridge.connectors.contract import Message
from bridge.connectors.jira.actions import CreateIssue
from bridge.connectors.jira.client import JiraClient, connect
from bridge.connectors.jira.settings import JiraSettings, hosts
from bridge.connectors.jira.simulator import JiraSimulator, build
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.http import Http
from clocks import START
from connectors.jira.harbour import SECRETS, settings_of


@contextmanager
def simulated(flavour: str, clock: Clock) -> Iterator[tuple[JiraSimulator, JiraSettings]]:
    """A site on real sockets whose search lags behind nothing, and settings that reach it."""
    sim = build(
        clock=clock,
        pace=Pace(0.001),
        token=SECRETS["JIRA_TOKEN"],
        email="bridge@harbour.example",
        flavour=flavour,
    )
    sim.set_index_lag(0)
    with Served(sim.app) as served:
        sim.site_url = served.url
        email = "bridge@harbour.example" if flavour == "cloud" else None
        yield sim, settings_of(url=served.url, flavour=flavour, email=email, account_id=None)
    sim.close()


@contextmanager
def client_of(settings: JiraSettings) -> Iterator[JiraClient]:
    http = Http("jira", allow_hosts=frozenset(hosts(settings)), deadline=5.0)
    yield connect("jira", settings, http)
    http.close()


@dataclass(kw_only=True)
class World:
    sim: JiraSimulator
    settings: JiraSettings
    client: JiraClient

    def create(self, summary: str = "Tides", **changes: Any) -> str:
        """The new issue's key, made by us."""
        action = CreateIssue(project="ENG", type="Task", summary=summary, **changes)
        return action.run(self.client, "wrk_mzxw6ytboi").key

    def live_through(self, key: str) -> None:
        """Everything that people do to an issue, to its end."""
        self.sim.transition(key, "Done")
        self.sim.set_due(key, "2027-01-31")
        self.sim.assign(key, "ivo")
        comment = self.sim.comment(key, "Seen", internal=True)
        self.sim.edit_comment(key, comment, "Seen twice")
        self.sim.delete_comment(key, comment)
        self.sim.log_work(key, 3600)
        self.sim.move_issue(key, "OPS")
        self.sim.delete_issue(key)


@dataclass
class Door:
    """Takes webhooks as Bridge would."""

    messages: list[Message] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.post("/hook")
        async def hook(request: Request) -> Response:
            headers = {name.lower(): value for name, value in request.headers.items()}
            body = await request.body()
            message = Message(connection="jira", headers=headers, body=body, received_at=START)
            with self.lock:
                self.messages.append(message)
            return Response(status_code=202)

        return app
