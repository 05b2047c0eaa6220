"""Work that one node does at a time, under a lease: adoptions, audits, backfills, polls."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy.orm import Session

from bridge.connectors.connected import Connected
from bridge.db import Database
from bridge.errors import BridgeError, RuleError
from bridge.ledger.tables import AdoptionRow, DriftRow
from bridge.outbox.pulse import Pulse
from bridge.pipeline.adoption.finding import Ask
from bridge.pipeline.asking import Asking, Later
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet
from bridge.rules.store import active_hash

TERM = timedelta(minutes=2)  # of the lease of a step
AGAIN = timedelta(seconds=15)  # while no mappings can be loaded
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Row = TypeVar("Row", AdoptionRow, DriftRow)
log = structlog.get_logger()


class Waiting(Protocol):
    """Whether there is work that may be done now."""

    def __call__(self, session: Session, *, now: datetime) -> bool: ...


class Lease(Protocol[T_co]):
    """A piece of it, for this node alone until then; `None` if another was faster."""

    def __call__(self, session: Session, *, now: datetime, until: datetime) -> T_co | None: ...


def take(
    database: Database, waiting: Waiting, lease: Lease[T], *, now: datetime, term: timedelta
) -> T | None:
    """One piece of work under a lease of this term. Where there is none, nothing is written."""
    with database.reading() as session:
        if not waiting(session, now=now):
            return None
    with database.transaction() as session:
        return lease(session, now=now, until=now + term)


@dataclass(frozen=True, kw_only=True)
class Steps(Generic[Row]):
    """What the steps of an adoption or an audit have in common. `what` is its name in the log.

    `still`: the row, locked, if nobody else went on with it. `over`: note on it when it ended.
    """

    what: str
    world: World
    pulse: Pulse
    still: Callable[[Session, Row], Row | None]
    over: Callable[[Row, datetime], None]
    scale: float = 1.0  # of waits

    def do(self, leased: Row, act: Callable[[RuleSet], None]) -> None:
        """One step by the active mappings. It is put off, or all of it has failed, if it cannot be done."""
        try:
            with self.world.database.reading() as session:
                rules = self.world.sets.active(session)
            act(rules)
        except Later as later:
            self._put_off(leased, str(later), later.until)
        except RuleError as error:
            self._put_off(leased, str(error), self.world.clock.now() + AGAIN * self.scale)
        except BridgeError as error:
            self._fail(leased, str(error))
        except Exception as error:
            log.exception("leased.bug", work=self.what, id=leased.id)
            self._fail(leased, f"bug: {type(error).__name__}; see the log")

    def ask(self, leased: Row) -> Ask:
        """By the breaker's word, within the lease; it is told how each call went."""
        until = self.world.clock.monotonic() + TERM.total_seconds()
        asking = Asking(pulse=self.pulse, until=until)

        def ask(connected: Connected, read: Callable[[], T]) -> T:
            return asking.ask(connected, leased.id, read)

        return ask

    def ours(self, session: Session, leased: Row, rules: RuleSet) -> Row | None:
        """The row, if it is ours yet. What was read with a set that is not active any more is not
        kept by another: the step is taken again."""
        row = self.still(session, leased)
        if row is None or active_hash(session) == rules.hash:
            return row
        row.not_before = self.world.clock.now()
        return None

    def _put_off(self, leased: Row, why: str, until: datetime) -> None:
        with self.world.database.transaction() as session:
            row = self.still(session, leased)
            if row is not None:
                row.problem, row.not_before = why, until

    def _fail(self, leased: Row, why: str) -> None:
        with self.world.database.transaction() as session:
            row = self.still(session, leased)
            if row is not None:
                row.state, row.problem = "failed", why
                self.over(row, self.world.clock.now())
        log.info("leased.failed", work=self.what, id=leased.id)
