"""One process, put together: begun, told what came in, and ended."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bridge.clock import Clock, SharedClock
from bridge.connectors.connected import Connections
from bridge.db import Database
from bridge.duties.following import Follower
from bridge.duties.settings_file import SettingsWatch
from bridge.inbox.faults import Faults
from bridge.inbox.webhooks import READ_SECONDS
from bridge.inbox.writer import Writer
from bridge.metrics import Metrics
from bridge.outbox.restore import Watch
from bridge.pipeline import World
from bridge.settings import Loaded
from bridge.wire import Wire
from bridge.worker import Worker


@dataclass(kw_only=True)
class Bridge:
    """One process, put together but not started."""

    loaded: Loaded
    database: Database
    clock: Clock
    world: World
    metrics: Metrics
    scale: float
    writer: Writer
    worker: Worker
    watch: Watch
    follower: Follower
    settings_watch: SettingsWatch
    wire: Wire | None  # to other nodes
    background: ThreadPoolExecutor
    faults: Faults
    in_flight_bytes: int = 0
    read_seconds: float = READ_SECONDS

    @property
    def connections(self) -> Connections:
        return self.world.connections

    @property
    def max_in_flight_bytes(self) -> int:
        return self.loaded.settings.max_in_flight_bytes

    def start(self, *, drains: bool = True) -> None:
        """Begin to work in threads of this process; unless it `drains`, others are only called."""
        if self.wire is not None:
            self.wire.start(self.worker.bells)
        if drains:
            self.worker.start()

    def received(self, name: str, result: str) -> None:
        """A webhook was answered."""
        self.metrics.received(name, result)

    def accepted(self, seconds: float) -> None:
        """A webhook was durable after so many seconds."""
        self.metrics.accepted(seconds)

    def at_fault(self, name: str, reason: str) -> None:
        """We answered 503."""
        self.faults.turned_away(name, reason)

    def close(self) -> None:
        """Stop taking work, end what is under way, and close what is open."""
        self.worker.stop(self.loaded.settings.grace)
        if self.wire is not None:
            self.wire.close()
        self.writer.close()
        self.background.shutdown(wait=True, cancel_futures=True)
        for connected in self.connections.values():
            connected.close()
        if isinstance(self.clock, SharedClock):
            self.clock.close()
        self.database.close()
