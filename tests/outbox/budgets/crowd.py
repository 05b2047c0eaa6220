"""Nodes that share one database and one vendor, whose door counts who comes when."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx

from bridge.connectors.connected import Connected
from bridge.connectors.contract import ConnectionSettings
from bridge.connectors.limits import CALLS, Limit, Limits, Scope, Window, named, turned_away
from bridge.db import Database
from bridge.outbox.budgets.budgets import keep_within
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.tables import State
from clocks import FakeClock
from outbox.stand import Stand
from outbox.vendor import ACTIONS, connected


@dataclass
class Door:
    """Keeps `most` calls in `seconds` at each place (or at all), as a vendor does: exactly."""

    clock: FakeClock
    windows: Sequence[Window] = ()
    by_place: bool = False
    headers: dict[str, str] = field(default_factory=dict)  # of each answer
    script: list[httpx.Response] = field(default_factory=list)  # the next answers
    came: list[tuple[float, str]] = field(default_factory=list)
    refused: int = 0

    def open(self, request: httpx.Request) -> httpx.Response:
        now, place = self.clock.monotonic(), request.url.path
        if self.script:
            self.came.append((now, place))
            return self.script.pop(0)
        mine = [at for at, where in self.came if where == place or not self.by_place]
        if any(sum(at > now - one.seconds for at in mine) >= one.most for one in self.windows):
            self.refused += 1
            return httpx.Response(429, headers={"retry-after": "1"})
        self.came.append((now, place))
        return httpx.Response(200, headers=self.headers, json={})

    def within(self, since: float, until: float) -> int:
        return sum(since <= at < until for at, _ in self.came)


@dataclass
class Crowd:
    """`limits` are those of `bridge.yaml`; `known` those that the connector brings."""

    stands: list[Stand]
    door: Door

    @classmethod
    def up(
        cls,
        database: Database,
        clock: FakeClock,
        *,
        nodes: int = 1,
        windows: Sequence[Window] = (),
        by_place: bool = False,
        known: Sequence[Limit] = (),
        **settings: Any,
    ) -> "Crowd":
        door = Door(clock, windows=windows, by_place=by_place)
        names = [f"node-{number}" for number in range(nodes)]
        stands = [
            _stand(database, door, node=node, known=known, settings=settings) for node in names
        ]
        return cls(stands=stands, door=door)

    @property
    def first(self) -> Stand:
        return self.stands[0]

    def work(self, seconds: float, *, step: float = 0.1) -> list[State | None]:
        """Every node looks and acts, step by step."""
        clock, ends = self.first.clock, []
        until = clock.monotonic() + seconds
        while clock.monotonic() < until:
            for stand in self.stands:
                ends += stand.step()
            clock.advance(step)
        return ends

    def states(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        found = [row.state for row in self.first.all()]
        return {state: found.count(state) for state in sorted(set(found))}


def _stand(
    database: Database, door: Door, *, node: str, known: Sequence[Limit], settings: dict[str, Any]
) -> Stand:
    clock = door.clock
    stand = Stand.up(database, clock)
    made = connected("shop", stand.vendor)
    narrow = [one.name for one in known if one.scope is Scope.PART]
    limits = Limits[Any](
        of=lambda _: known,
        charged=_charged(known),
        read=lambda answer, now: [
            *named(answer.headers),
            *turned_away(answer, now, name=next(iter(narrow), CALLS)),
        ],
    )
    shop = Connected(
        name="shop",
        connector=replace(made.connector, limits=limits),
        settings=ConnectionSettings(system="shop", **settings),
        transport=httpx.MockTransport(door.open),
    )
    connections = {"shop": shop}
    stand.dispatcher = Dispatcher(
        database=database,
        clock=clock,
        connections=connections,
        actions=ACTIONS,
        policy=stand.dispatcher.policy,
        hooks=stand.dispatcher.hooks,
        node=node,
        random=Random(7),  # noqa: S311  (jitter)
        budgets=keep_within(connections, database, clock, node=node, scale=1.0),
    )
    return stand


def _charged(known: Sequence[Limit]) -> Any:
    names = [one.name for one in known if one.scope is not Scope.RECORD]
    return lambda *_: [*names, CALLS]
