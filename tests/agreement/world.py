"""A world: vendors, the mail between, and one Bridge on one database, all stepped by hand.

Nothing runs by itself: no thread works, nobody sleeps, and time is what the fake clock says. The
Bridge is the real one, put together by `bridge.app.build`, taken down and built again at will.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from typing_extensions import override

from agreement.mail import Mail
from agreement.vendors import Vendors
from agreement.wire import Doom, Killed, Line
from bridge.app import build
from bridge.connectors.simulation.sender import Webhook
from bridge.inbox.store import Arrival, Kept, keep
from bridge.inbox.webhooks import Webhooks
from bridge.inbox.writer import Writer
from bridge.process import Bridge
from bridge.settings import load
from clocks import FakeClock

MAPPINGS = Path(__file__).parent / "mappings"
STRIDE_SECONDS = 300.0  # the longest, where nothing comes due before
LEAST_SECONDS = 1e-3  # less is what adding up seconds leaves over, and no clock moves by it
TICK_SECONDS = 900.0  # between looks of the leader


class AtOnce(Writer):
    """Stores each arrival in the thread that brings it."""

    @override
    def submit(self, arrival: Arrival) -> "Future[Kept]":
        future: Future[Kept] = Future()
        with self._database.transaction(first=True) as session:
            future.set_result(keep(session, [arrival], now=self._clock.now())[0])
        return future


@dataclass(kw_only=True)
class World:
    """`story` is what happened, a line each: it is read when something is wrong."""

    folder: Path
    url: str  # of the database
    line: Line
    mappings: Path = MAPPINGS
    clock: FakeClock = field(default_factory=FakeClock)
    story: list[str] = field(default_factory=list)
    doom: Doom = field(default_factory=Doom)
    bridge: Bridge | None = None
    _ticked: float = 0.0
    mail: Mail = field(init=False)
    there: Vendors = field(init=False)

    def __post_init__(self) -> None:
        self.mail = Mail(clock=self.clock, door=self._door)
        self.there = Vendors(clock=self.clock, mail=self.mail)
        self.there.configure(self.folder)
        self.up()
        self._begin()

    def _begin(self) -> None:
        """What changed before the leader has planned the searches is not searched for: he does so now."""
        clockwork = self.running.worker.clockwork
        clockwork.tick()
        self.clock.advance(60.0)
        clockwork.tick()
        self._ticked = self.clock.monotonic()

    def say(self, text: str) -> None:
        self.story.append(f"{self.clock.now():%a %H:%M:%S}  {text}")

    @property
    def running(self) -> Bridge:
        assert self.bridge is not None
        return self.bridge

    def up(self) -> None:
        """Put a Bridge together, on what the one before has left."""
        environment = {
            "BRIDGE_DATABASE_URL": self.url,
            "BRIDGE_CONFIG": str(self.folder / "bridge.yaml"),
            "BRIDGE_MAPPINGS": str(self.mappings),
            "BRIDGE_PUBLIC_URL": "https://bridge.test",
            "BRIDGE_NODE": "one",
        }
        made = build(load(environment), clock=self.clock)
        made.writer.close()
        made.writer = AtOnce(made.database, self.clock)
        made.writer.close()
        for name, wire in self.there.wires(self.line, self.doom).items():
            made.connections[name].transport = wire
        made.worker.dispatcher.random.seed(len(self.story))  # its jitter: a seed plays a run again
        _by_one_clock(made, self.clock)
        self._ticked = 0.0
        self.bridge = made

    def down(self, *, killed: bool = False) -> None:
        """It ends: as asked, or without a word."""
        bridge, self.bridge = self.bridge, None
        if bridge is None:
            return
        if not killed:
            bridge.worker.stop(0.0)
        if bridge.wire is not None:
            bridge.wire.close()
        bridge.background.shutdown()
        for connected in bridge.connections.values():
            connected.close()
        bridge.database.close()

    def close(self) -> None:
        self.down(killed=True)

    def step(self) -> int:
        """One turn of everything that may happen now; how much there was."""
        done = self.mail.deliver()
        if self.bridge is None:
            return done
        return done + self._guarded(self._turn)

    def _turn(self, bridge: Bridge) -> int:
        """The leader looks each quarter of an hour; in life each second, which finds no more."""
        done = bridge.worker.drain()
        if self.clock.monotonic() - self._ticked < TICK_SECONDS:
            return done
        self._ticked = self.clock.monotonic()
        return done + bridge.worker.clockwork.tick()

    def settle(self) -> None:
        """Until there is nothing left to do at this moment."""
        while self.step():
            pass

    def read_one(self) -> None:
        """Bridge reads one message, and does no more."""
        self._guarded(lambda one: one.worker.intake.drain(1))

    def act_once(self) -> None:
        """Bridge makes one call that it owes, if one is due."""
        self._guarded(_act_once)

    def wait(self, seconds: float) -> None:
        """Time passes, and whatever comes due on the way is done."""
        until = self.clock.monotonic() + seconds
        self.settle()
        while (left := until - self.clock.monotonic()) > LEAST_SECONDS:
            self.clock.advance(min(left, self._rest()))
            self.settle()

    def _rest(self) -> float:
        """Seconds until something comes due by itself."""
        waits = [STRIDE_SECONDS, self.mail.quiet_for()]
        if self.bridge is not None:
            worker = self.bridge.worker
            waits += [worker.intake.quiet_for(), worker.dispatcher.quiet_for()]
            waits += [worker.chores.quiet_for()]
        return max(1.0, min(one for one in waits if one is not None))

    def _guarded(self, do: Callable[[Bridge], int]) -> int:
        """Whoever is killed is gone, and what it had begun stays as it was."""
        if self.bridge is None:
            return 0
        try:
            return do(self.bridge)
        except Killed:
            self.say("Bridge is killed in the middle of a call, and started again")
            self.down(killed=True)
            self.up()
            return 1

    def _door(self, webhook: Webhook) -> httpx.Response | None:
        if self.bridge is None:
            return None
        app = Webhooks(_nothing, door=self.bridge)
        headers: Mapping[str, str] = {name.lower(): one for name, one in webhook.headers.items()}
        return self.line.ask(app, "POST", webhook.url, headers, webhook.body)


def _by_one_clock(bridge: Bridge, clock: FakeClock) -> None:
    """Leases too, which a database keeps by its own time, and which would outlive a test."""
    now = lambda _: clock.now()  # noqa: E731
    bridge.database.now = now  # type: ignore[method-assign]
    bridge.worker.clockwork.database_time = now


def _act_once(bridge: Bridge) -> int:
    dispatcher = bridge.worker.dispatcher
    claims = dispatcher.claim(1, busy={})
    for call in dispatcher.calls(claims):
        dispatcher.recorder.record(dispatcher.act(call))
    return len(claims)


async def _nothing(*_: Any) -> None:
    raise AssertionError("only webhooks come here")
