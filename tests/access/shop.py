"""A small app behind the guard: routes that act in a transaction, outside of one, and fail."""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bridge.access import problems
from bridge.access.guard import Admin, Operator
from bridge.access.keys import Role
from bridge.access.limits import Limits
from bridge.access.paging import Word
from bridge.access.problems import ACTS, Problem, not_found
from bridge.access.repeats import OperatorAct
from bridge.access.routes import router
from bridge.access.state import Data
from bridge.db import Database
from clocks import FakeClock

ClientOf = Callable[[Role | None], TestClient]


class Order(BaseModel):
    """What the little shop of these tests is asked for."""

    thing: str


class Receipt(BaseModel):
    number: int
    thing: str


def build(database: Database, clock: FakeClock) -> FastAPI:
    """The app as the composition root would put it together."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Limits, max_body=2_000)
    app.state.database, app.state.clock, app.state.sold = database, clock, []
    app.include_router(router)
    add_shop(app)
    add_failures(app)
    return app


def add_shop(app: FastAPI) -> None:
    sold: list[str] = app.state.sold

    @app.post("/api/v1/orders", response_model=Receipt, status_code=201, responses=ACTS)
    def order(body: Order, act: OperatorAct) -> Response:
        def sell(session: Session) -> Receipt:
            if body.thing == "moon":
                raise not_found("moon in this shop")
            sold.append(body.thing)
            act.record(session, "order", body.thing, reason="a test")
            return Receipt(number=len(sold), thing=body.thing)

        return act.once(sell, status=201)

    @app.post("/api/v1/letters", response_model=Receipt, responses=ACTS)
    def letter(body: Order, act: OperatorAct) -> Response:
        def send() -> Receipt:
            sold.append(body.thing)
            if body.thing == "bomb":
                raise Problem("no-bombs", "No bombs", status=409)
            return Receipt(number=len(sold), thing=body.thing)

        return act.once_outside(send)

    @app.get("/api/v1/till")
    def till(_: Operator) -> int:
        return len(sold)

    @app.get("/api/v1/safe")
    def safe(_: Admin) -> str:
        return "gold"


def add_failures(app: FastAPI) -> None:
    @app.get("/api/v1/bug")
    def bug(database: Data, word: Annotated[Word, Query()] = "") -> str:
        raise KeyError(f"hunter2 {word}")

    @app.post("/api/v1/raw")
    def raw(body: Order) -> str:
        return body.thing
