"""The API over a pair: who decides by a key, and who by a link."""

import re
from dataclasses import dataclass, field
from html import unescape

from fastapi import FastAPI
from fastapi.testclient import TestClient

from bridge.access import problems
from bridge.access.keys import Role, create
from bridge.outbox import routes as outbox_routes
from bridge.pipeline.acts import hold_routes
from bridge.pipeline.syncing import page, routes
from bridge.secret import SecretRef
from pipeline.client import Api
from syncing.pair import Pair


@dataclass(kw_only=True)
class Site:
    pair: Pair
    secret: SecretRef | None = None
    operator: Api = field(init=False)
    viewer: Api = field(init=False)
    anybody: TestClient = field(init=False)

    def __post_init__(self) -> None:
        app = FastAPI()
        state, pair = app.state, self.pair
        state.database, state.clock, state.world = pair.database, pair.clock, pair.town.world
        state.kinds = pair.town.kinds
        state.link_secret = self.secret
        for noun in (outbox_routes, hold_routes, routes, page):
            app.include_router(noun.router)
        problems.install(app)
        self.anybody = TestClient(app)
        made = (("olga", Role.OPERATOR), ("vera", Role.VIEWER))
        self.operator, self.viewer = (self._client(app, name, role) for name, role in made)

    def _client(self, app: FastAPI, name: str, role: Role) -> Api:
        pair = self.pair
        with pair.database.transaction() as session:
            key = create(session, name, role=role, now=pair.clock.now())
        client = TestClient(app)
        client.headers["Authorization"] = f"Bearer {key.token}"
        return Api(client)

    def invite(self, take: str = "crm", who: str = "Anna", hours: int = 24) -> str:
        """The path of a link for the one question that is open; without `take` for either choice."""
        wish = {"take": take, "who": who, "hours": hours}
        made = self.operator.post(f"/holds/{self.held()}:invite", wish)
        path: str = made["url"].removeprefix("https://bridge.test")
        return path

    def button(self, path: str) -> str:
        """Open the page of a link: where its button leads."""
        (found,) = re.findall(r'action="([^"]+)"', self.anybody.get(path).text)
        return f"{path}{unescape(found)}"

    def held(self) -> str:
        """The one question that is open; its hold's id."""
        (hold,) = self.operator.get("/holds")["items"]
        found: str = hold["id"]
        return found
