"""What a worker drives, reduced to when each is looked at."""

import threading
from collections.abc import Collection, Mapping, Sequence

from typing_extensions import override

from bridge.leadership.clockwork import Clockwork
from bridge.outbox.claims import Claimed
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.recorder import Ended
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline import Intake
from bridge.pipeline.chores import Chores
from bridge.worker import Worker
from patience import PATIENCE

_BULKY = DeliveryRow(id="dlv-1", connection="crm", batch="update|Case")


class Looks:
    """Counts looks; `wait_for` is true once there were so many."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def add(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    @property
    def any(self) -> bool:
        return self._count > 0

    def wait_for(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, PATIENCE)


class QuietOutbox(Dispatcher):
    """Nothing is ever due."""

    def __init__(self) -> None:
        self.looks = Looks()

    @override
    def claim(
        self, limit: int, *, busy: Mapping[str, int], bulks: Collection[tuple[str, str]] = ()
    ) -> Sequence[Claimed]:
        self.looks.add()
        return []

    @override
    def quiet_for(self) -> float:
        return 3_600

    @override
    def full(self, hands: int, busy: Mapping[str, int]) -> bool:
        return False


class OneBulkCall(QuietOutbox):
    """The first look but one finds a bulk call, which is answered once the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.found = [Claimed(delivery=_BULKY, key="crm|1", fence=1, until=1e9, rescued=False)]

    @override
    def claim(
        self, limit: int, *, busy: Mapping[str, int], bulks: Collection[tuple[str, str]] = ()
    ) -> Sequence[Claimed]:
        first = not self.looks.any
        super().claim(limit, busy=busy, bulks=bulks)
        return () if first or not self.found else [self.found.pop()]

    @override
    def calls(self, claims: Sequence[Claimed]) -> list[list[Claimed]]:
        return [[one] for one in claims]

    @override
    def act(self, call: Sequence[Claimed]) -> list[Ended]:
        self.gate.wait(PATIENCE)
        return []


class Inbox(Intake):
    """Has as many messages as were put in; each look takes one."""

    def __init__(self) -> None:
        self.looks = Looks()
        self.messages = threading.Semaphore(0)

    @override
    def drain(self, limit: int = 50) -> int:
        self.looks.add()
        return int(self.messages.acquire(blocking=False))

    @override
    def quiet_for(self) -> float:
        return 3_600


class NoChores(Chores):
    """Nothing to do."""

    def __init__(self) -> None:
        pass

    @override
    def step(self) -> int:
        return 0

    @override
    def quiet_for(self) -> float:
        return 3_600


class StoppedClock(Clockwork):
    """Nothing is ever due by the clock."""

    def __init__(self) -> None:
        pass

    @override
    def tick(self) -> int:
        return 0

    @override
    def rest(self) -> float:
        return 3_600

    @override
    def close(self) -> None:
        pass


def hands_of(dispatcher: Dispatcher) -> Worker:
    """A worker that is not started, with nothing to do but what this dispatcher claims."""
    return Worker(
        intake=Inbox(),
        dispatcher=dispatcher,
        chores=NoChores(),
        clockwork=StoppedClock(),
        gauges=lambda: None,
    )
