"""A receiver of webhooks on real sockets, and the secret it shares."""

import json
from dataclasses import dataclass, field

from fastapi import FastAPI, Request, Response

SECRET = "It's a Secret to Everybody"


@dataclass
class Receiver:
    """Answers with `statuses` one after the other, then 202, and keeps what came."""

    statuses: list[int] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    url: str = ""

    def build(self) -> FastAPI:
        app = FastAPI()

        @app.post("/hook")
        async def hook(request: Request) -> Response:
            self.bodies.append(await request.body())
            self.headers.append(dict(request.headers))
            self.queries.append(request.url.query)
            return Response(status_code=self.statuses.pop(0) if self.statuses else 202)

        return app

    def names(self) -> list[str]:
        return [json.loads(body)["webhookEvent"] for body in self.bodies]
