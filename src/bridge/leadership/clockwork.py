"""The leader's clock: each tick campaigns, and the one that leads runs what is due."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from bridge.clock import Clock
from bridge.db import Database
from bridge.errors import BridgeError
from bridge.leadership import store
from bridge.leadership.jobs import Due, Errand, Job, Work, due, next_due
from bridge.leadership.store import Lease

NAME = "clock"
LEASE = timedelta(seconds=30)
CAMPAIGN_SECONDS = 1.0  # between looks of a node that does not lead

log = structlog.get_logger()


class LeaseLost(BridgeError):
    """Another node leads, or may: what was begun is rolled back."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who hears of jobs, inside the transaction that notes it: (session, job's name, reason)."""

    failed: Callable[[Session, str, str], None]
    mended: Callable[[Session, str], None]


@dataclass(kw_only=True)
class Clockwork:
    """One node's part. `tick` does not sleep: whoever calls it does, for `rest` seconds.

    `database_time` is what leases are compared in; `clock` is what schedules mean.
    """

    database: Database
    clock: Clock
    node: str
    works: Sequence[Work]
    told: Told
    database_time: Callable[[Session], datetime]
    lease: timedelta = LEASE
    _held: Lease | None = field(default=None)
    _renewed: float = field(default=0.0)  # monotonic
    _next: datetime | None = field(default=None)  # when a job is due, as this leader knows

    def __post_init__(self) -> None:
        names = [work.name for work in self.works]
        if len(set(names)) != len(names):
            raise ValueError(f"two jobs have one name: {sorted(names)}")

    @property
    def leads(self) -> bool:
        """Whether this node led at its last tick."""
        return self._held is not None

    def tick(self) -> int:
        """One look: how many jobs were run, well or not. A job that fails stops only itself."""
        if not self._lead() or (self._next is not None and self.clock.now() < self._next):
            return 0
        with self.database.transaction() as session:
            waiting = due(session, self.works, now=self.clock.now())
        ran = sum(self._run(one) for one in waiting if self._lead())
        with self.database.reading() as session:
            self._next = next_due(session, self.works, now=self.clock.now())
        return ran

    def rest(self) -> float:
        """Seconds until there is something to do: a job, the lease, or a look whether nobody leads."""
        if self._held is None:
            return CAMPAIGN_SECONDS
        renewal = self._renewed + self.lease.total_seconds() / 3 - self.clock.monotonic()
        if self._next is None:
            return max(renewal, 0.0)
        job = (self._next - self.clock.now()).total_seconds()
        return max(min(renewal, job), 0.0)

    def close(self) -> None:
        """Let another node lead at once."""
        if self._held is None:
            return
        with self.database.transaction() as session:
            store.resign(session, self._held, now=self.database_time(session))
        self._held = None

    def _lead(self) -> bool:
        """Renew or campaign; asked before each job, since the one before may have been long.

        A lease is renewed when a third of it has passed: a write a second would be one too many.
        """
        held, monotonic = self._held, self.clock.monotonic()
        if held is not None and monotonic - self._renewed < self.lease.total_seconds() / 3:
            return True
        if held is None and self._led():
            return False
        with self.database.transaction() as session:
            now = self.database_time(session)
            if held is not None and store.renew(session, held, lease=self.lease, now=now):
                self._renewed = monotonic
                return True
            won = store.campaign(session, NAME, self.node, lease=self.lease, now=now)
        self._held, self._renewed, self._next = won, monotonic, None
        if held is not None or won is not None:
            log.info("leadership.changed", node=self.node, leads=won is not None)
        return won is not None

    def _led(self) -> bool:
        with self.database.reading() as session:
            return store.led(session, NAME, now=self.database_time(session))

    def _run(self, one: Due) -> int:
        try:
            if one.missed:
                return self._let_go(one)
            match one.work:
                case Job():
                    return self._run_job(one.work, one)
                case Errand():
                    return self._run_errand(one.work, one)
        except LeaseLost:
            self._held = None
            return 0
        except Exception as error:  # noqa: BLE001  (a job that fails stops only itself)
            self._note_failure(one, error)
            return 1

    def _run_job(self, job: Job, one: Due) -> int:
        """Taking the time, the work and its note are one transaction."""
        with self.database.transaction() as session:
            if not self._take(session, one):
                return 0
            job.run(session, one.scheduled)
            self._note_end(session, one)
        return 1

    def _run_errand(self, errand: Errand, one: Due) -> int:
        with self.database.transaction() as session:
            if not self._take(session, one):
                return 0
        errand.run(one.scheduled)
        with self.database.transaction() as session:
            self._note_end(session, one)
        return 1

    def _let_go(self, one: Due) -> int:
        with self.database.transaction() as session:
            if self._take(session, one):
                log.info("leadership.let_go", job=one.work.name, scheduled=one.scheduled)
        return 0

    def _take(self, session: Session, one: Due) -> bool:
        held = self._held
        if held is None or not store.holds(session, held, now=self.database_time(session)):
            raise LeaseLost("leadership: another node may lead")
        return store.take(session, one.work.name, one.scheduled, before=one.before)

    def _note_end(self, session: Session, one: Due) -> None:
        store.ran(session, one.work.name, now=self.clock.now())
        if one.failures:
            self.told.mended(session, one.work.name)
            log.info("leadership.mended", job=one.work.name)

    def _note_failure(self, one: Due, error: Exception) -> None:
        name, reason = one.work.name, _reason(error)
        log.warning("leadership.failed", job=name, error=reason, failures=one.failures + 1)
        with self.database.transaction() as session:
            store.failed(session, name, reason, failures=one.failures + 1, now=self.clock.now())
            self.told.failed(session, name, reason)


def _reason(error: Exception) -> str:
    """Our own words, or the kind of somebody else's error, whose text may hold anything."""
    return str(error) if isinstance(error, BridgeError) else type(error).__name__
