"""The work of backfills, in small steps: count what there is, then read it and bring it into the inbox.

The vendor is asked outside any transaction. What a step brings, and that its records need not be
read any more, are one: a kill, a freeze or an outage costs a step, and nothing comes twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

import structlog

from bridge.connectors.found import Touched
from bridge.errors import BridgeError, PermanentError
from bridge.inbox.tables import BackfillRow
from bridge.outbox.budgets.till import priority
from bridge.outbox.pulse import Pulse
from bridge.pipeline.asking import Asking, Later
from bridge.pipeline.backfill import bringing, counting, store, turn
from bridge.pipeline.backfill.place import Place, Shown, find
from bridge.pipeline.backfill.wish import State, Wish
from bridge.pipeline.leased import take
from bridge.pipeline.sparing import heed_quotas
from bridge.pipeline.world import World

PAGE = 500  # records counted in a step
LEASE = timedelta(minutes=2)
AGAIN = timedelta(minutes=5)  # after the vendor has refused
BEHIND = timedelta(seconds=2)  # polls or deliveries of this system
T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Backfilling:
    """Goes on with backfills, one step at a time. `scale`: of waits. `term`: how long a step is ours."""

    world: World
    pulse: Pulse
    scale: float = 1.0
    term: timedelta = LEASE
    _walks: dict[str, Iterator[Touched]] = field(default_factory=dict)  # counts under way here

    def step(self) -> int:
        """One step of one backfill; 0 when there is none to go on with."""
        now = self.world.clock.now()
        leased = take(self.world.database, store.waiting, store.lease, now=now, term=self.term)
        if leased is None:
            return 0
        self._guarded(leased)
        return 1

    def quiet_for(self) -> float:
        """Seconds until one that rests may go on. While the inbox has enough, its end rings."""
        now = self.world.clock.now()
        with self.world.database.reading() as session:
            found = store.next_due(session, now=now)
        return float("inf") if found is None else (found - now).total_seconds()

    def _guarded(self, leased: BackfillRow) -> None:
        wish, counts = Wish.model_validate(leased.wish), leased.state == State.COUNTING
        try:
            place = self._place(wish)
            if counts:
                self._count(leased, wish, place)
            else:
                self._read(leased, wish, place)
        except Later as later:
            self._put_off(leased, later.reason, later.until)
        except PermanentError as error:
            self._refused(leased, str(error), fails=counts)
        except BridgeError as error:
            self._put_off(leased, str(error), self._in(AGAIN))
        except Exception as error:
            log.exception("backfill.bug", backfill=leased.id)
            self._put_off(leased, f"bug: {type(error).__name__}; see the log", self._in(AGAIN))

    def _place(self, wish: Wish) -> Place:
        with self.world.database.reading() as session:
            rules = self.world.sets.active(session)
        return find(self.world, rules, wish)

    def _count(self, leased: BackfillRow, wish: Wish, place: Place) -> None:
        """The next page of what there is. A walk that was cut short begins anew."""
        heed_quotas(self.world, place.connected, scale=self.scale)
        begun = self._walks.pop(leased.id, None)  # one that fails is over
        walk = begun or counting.begin(place, wish, now=self.world.clock.now())
        asking = self._asking()
        found = self._ask(asking, place, leased, lambda: list(islice(walk, PAGE)))
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is None:
                return
            row.calls += asking.made
            now = self.world.clock.now()
            counting.keep(session, row, place, found, anew=begun is None, now=now)
            if len(found) < PAGE:
                counting.end(row, now=now)
        if len(found) == PAGE:
            self._walks[leased.id] = walk

    def _read(self, leased: BackfillRow, wish: Wish, place: Place) -> None:
        """The next records: read, and brought into the inbox as they are shown."""
        views = heed_quotas(self.world, place.connected, scale=self.scale)
        now, asking = self.world.clock.now(), self._asking()
        with self.world.database.reading() as session:
            turn.stand_behind(session, place, now=now, until=self._in(BEHIND))
            ids = store.ready(session, leased.id, limit=place.chunk, now=now)
        shown = Shown(ids=ids, records=())
        if ids:
            shown = self._ask(asking, place, leased, lambda: place.read(ids))
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is None:
                return
            row.calls += asking.made
            now = self.world.clock.now()
            bringing.bring(session, row, place, shown, now=now, scale=self.scale)
            if row.state == State.RUNNING:
                left = turn.quotas(views, now=now, scale=self.scale)
                rest = turn.rest(left, row, wish, place, made=asking.made)
                row.not_before += timedelta(seconds=rest)

    def _asking(self) -> Asking:
        until = self.world.clock.monotonic() + self.term.total_seconds()
        return Asking(pulse=self.pulse, until=until)

    def _ask(self, asking: Asking, place: Place, leased: BackfillRow, read: Callable[[], T]) -> T:
        """By the breaker's word, and without the reserve of any quota."""
        with priority(urgent=False):
            return asking.ask(place.connected, leased.id, read)

    def _in(self, wait: timedelta) -> datetime:
        return self.world.clock.now() + wait * self.scale

    def _put_off(self, leased: BackfillRow, problem: str, until: datetime) -> None:
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is not None:
                store.give_back(row, until=until, problem=problem)

    def _refused(self, leased: BackfillRow, problem: str, *, fails: bool) -> None:
        """A search that is refused will be again; a record may be read once somebody has mended it."""
        if not fails:
            self._put_off(leased, problem, self._in(AGAIN))
            return
        now = self.world.clock.now()
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is not None:
                store.give_back(row, until=now, problem=problem)
                row.state, row.finished_at = State.FAILED, now
        log.info("backfill.failed", backfill=leased.id)
