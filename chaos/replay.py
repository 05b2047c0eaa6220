"""`python -m chaos.replay`: so many dead deliveries are replayed while the process is killed, again and again.

Each is for an issue of its own, and each tenth had happened after all. At the end each issue is there
once, and the run has done what was planned.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Annotated

import httpx
import typer
from sqlalchemy import select

from bridge.access.keys import Role, create
from bridge.canonical.ids import random_id
from bridge.clock import SystemClock
from bridge.outbox import store as outbox
from bridge.outbox.tables import OPEN
from bridge.replays.tables import ReplayRow
from chaos.fleet import Node
from chaos.ruins import ruin, wrong
from chaos.town import Town, standing

MOST_SECONDS = 3_600.0
LOOK_SECONDS = 0.05
SHORTEST = 0.5  # seconds between a start and a kill
WORK_SECONDS = 12.0  # at most, between a start and a kill: what is under way must get somewhere
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(kw_only=True)
class Rebuilding:
    """One replay of all that is dead in a town, by a process that does not live long."""

    town: Town
    random: Random
    work: float = WORK_SECONDS
    kills: int = 0
    head: dict[str, str] = field(default_factory=dict)

    @property
    def node(self) -> Node:
        return next(iter(self.town.fleet.nodes.values()))

    def sign_in(self) -> None:
        with self.town.database.transaction() as session:
            key = create(session, "chaos", role=Role.OPERATOR, now=SystemClock().now())
        self.head = {"authorization": f"Bearer {key.token}"}

    def post(self, path: str = "", **body: object) -> str:
        url = f"{self.town.fleet.urls[0]}/api/v1/replays{path}"
        head = {**self.head, "idempotency-key": random_id("key")}
        answer = httpx.post(url, json=body, headers=head, timeout=60).raise_for_status()
        return str(answer.json()["id"])

    def row(self) -> ReplayRow:
        with self.town.database.reading() as session:
            return session.scalars(select(ReplayRow)).one()

    def is_over(self) -> bool:
        """All is owed again, and nothing of it is on its way."""
        with self.town.database.reading() as session:
            left = outbox.open_count(session, OPEN)
        return self.row().state == "done" and not left

    def live(self, holds: Callable[[], bool], kills: int) -> None:
        """Until that holds; killed so often meanwhile, at any moment."""
        until = time.monotonic() + MOST_SECONDS
        while kills and not holds():
            self._wait(holds, self.random.uniform(SHORTEST, self.work))
            if holds():
                break
            self.node.kill()
            self.kills, kills = self.kills + 1, kills - 1
            self.node.up()
        while not holds():
            if time.monotonic() > until:
                raise RuntimeError(f"it does not go on: {self.row().state} {self.row().waits}")
            time.sleep(LOOK_SECONDS)

    def _wait(self, holds: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not holds():
            time.sleep(LOOK_SECONDS)


@app.command()
def main(
    dead: Annotated[int, typer.Option(help="Deliveries.")] = 10_000,
    kills: Annotated[int, typer.Option(help="Of the process, a quarter of them in the plan.")] = 24,
    seed: Annotated[int, typer.Option(help="Of the kills.")] = 5,
    only: Annotated[str, typer.Option(help="sqlite or postgresql.")] = "sqlite",
    work: Annotated[
        float, typer.Option(help="Seconds at most from a start to a kill.")
    ] = WORK_SECONDS,
) -> None:
    """Replay it all, and say how it went. Example: python -m chaos.replay --dead 500 --kills 4"""
    with standing(only, seed=seed) as town:
        town.there.jira.webhook_url = None  # what the issues would tell is not what is tried
        one = Rebuilding(town=town, random=Random(seed), work=work)
        one.node.up()
        one.sign_in()
        ruin(town.database, town.there.jira, dead, now=SystemClock().now())
        began = time.monotonic()
        asked = one.post(filter={"state": ["dead"]}, why="chaos")
        one.live(lambda: one.row().state == "planned", kills // 4)
        planned = time.monotonic()
        one.post(f"/{asked}:run")
        one.live(one.is_over, kills - one.kills)
        took = time.monotonic() - planned
        typer.echo(
            f"{only}: {dead} dead, planned in {planned - began:.0f} s, replayed in {took:.0f} s,"
            f" {dead / took:.0f} a second, {one.kills} kills"
        )
        faults = wrong(town.database, town.there.jira, dead)
        for text in faults:
            typer.echo(f"  WRONG: {text}")
        if faults:
            raise typer.Exit(1)


if __name__ == "__main__":
    app()
