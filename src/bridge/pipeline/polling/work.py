"""The work of polls, a page a step: search, leave out what is known, bring the rest into the inbox.

The search runs outside any transaction; what it brings and how far it has come are one. A step that
finds its poll taken by another node keeps nothing. A pass that is cut short, by a kill or by a
vendor that is away, begins again where its last page ended, and a little before: an index that
lags shows late what was changed early.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Snapshot
from bridge.connectors.found import Hanging, Touched
from bridge.errors import BridgeError
from bridge.inbox import store as inbox
from bridge.inbox.store import Arrival
from bridge.inbox.tables import PollRow
from bridge.outbox.hearing import hearings
from bridge.outbox.pulse import Pulse
from bridge.pipeline.asking import Asking, Later
from bridge.pipeline.leased import take
from bridge.pipeline.polling import hanging, page, store
from bridge.pipeline.polling.looking import Looking
from bridge.pipeline.sparing import heed_quotas
from bridge.pipeline.world import World
from bridge.rules.sources import Source

PAGE = 500  # records a step
OVERLAP = timedelta(minutes=10)  # searched again: the vendor's index lags, clocks differ
GRACE = timedelta(minutes=1)  # what was changed since is left to its message, which is on its way
AGAIN = GRACE + timedelta(seconds=10)  # after a pass that has met such
LEASE = timedelta(minutes=2)
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Pass:
    """A search that is under way in this process. `begun_at`: by our clock.

    `hanging`: what it is for hangs on what it shows. `again`: it came before its time, for what was too
    new for the one before.
    """

    begun_at: datetime
    again: bool
    since: datetime
    found: Iterator[Touched]
    hanging: Hanging[Any, Snapshot] | None

    @property
    def size(self) -> int:
        """Records a step; of those on which others hang as many as can be read in time."""
        return PAGE if self.hanging is None else hanging.PAGE


@dataclass(frozen=True, kw_only=True)
class _Page:
    """What a step of it shows, and what hangs on that, by id."""

    found: Sequence[Touched]
    there: Mapping[str, Sequence[Snapshot]]


@dataclass(frozen=True, kw_only=True)
class Polling:
    """Goes on with polls, one page at a time. `pulse`: which connections may be asked."""

    world: World
    pulse: Pulse
    scale: float = 1.0  # of waits
    _passes: dict[str, _Pass] = field(default_factory=dict)  # by source

    def step(self) -> int:
        """A page of one poll, or a look at what is known; 0 when none is due."""
        now = self.world.clock.now()
        leased = take(self.world.database, store.any_due, store.lease, now=now, term=LEASE)
        if leased is None:
            return Looking(world=self.world, pulse=self.pulse, scale=self.scale).step()
        self._guarded(leased)
        return 1

    def _guarded(self, leased: PollRow) -> None:
        try:
            source, connected = self._place(leased)
            if source is None or connected is None:
                self._put_off(leased, "its source is not searched any more", timedelta(hours=1))
                return
            self._page(leased, source, connected)
        except Later as later:
            self._put_off(leased, str(later), until=later.until)
        except BridgeError as error:
            self._failed(leased, str(error))
        except Exception as error:
            log.exception("poll.bug", source=leased.source)
            self._failed(leased, f"bug: {type(error).__name__}; see the log")

    def _place(self, leased: PollRow) -> tuple[Source | None, Connected | None]:
        with self.world.database.reading() as session:
            rules = self.world.sets.active(session)
        source = next((one for one in rules.sources if one.id == leased.source), None)
        if source is None or source.poll is None:
            return None, None
        return source, self.world.connections.get(source.connection)

    def _page(self, leased: PollRow, source: Source, connected: Connected) -> None:
        heed_quotas(self.world, connected, scale=self.scale)
        asking = Asking(
            pulse=self.pulse, until=self.world.clock.monotonic() + LEASE.total_seconds()
        )
        search = self._passes.get(source.id)
        if search is None or search.begun_at != leased.begun_at:
            search = self._begin(leased, source, connected)
        shown = asking.ask(connected, source.id, lambda: _read(connected, search))
        self._passes[source.id] = search
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is None:
                del self._passes[source.id]
                return
            self._keep(session, row, source, search, shown)

    def _begin(self, leased: PollRow, source: Source, connected: Connected) -> _Pass:
        reader, poll, now = connected.connector.reader, source.poll, self.world.clock.now()
        if reader is None or reader.touched is None or poll is None:
            raise BridgeError(f"{connected.name}: {source.object} cannot be searched for changes")
        hangs = reader.hanging.get(source.object)
        shown = hangs.on if hangs else source.object
        since = leased.since - OVERLAP * self.scale
        found = reader.touched(connected.client, shown, since, now, poll.where or "")
        again = leased.ended_at is not None and now - leased.ended_at < poll.every * self.scale / 2
        return _Pass(begun_at=now, again=again, since=since, found=found, hanging=hangs)

    def _keep(
        self,
        session: Session,
        row: PollRow,
        source: Source,
        search: _Pass,
        shown: _Page,
    ) -> None:
        now, settled = self.world.clock.now(), search.begun_at - GRACE * self.scale
        begins = row.begun_at != search.begun_at
        ripe = [one for one in shown.found if one.stamp <= settled]
        new = self._news(session, source, search, shown, settled)
        told = page.messages(source.connection, source.object, new, now=now)
        arrivals = [Arrival(message=one, dedupe_key=page.dedupe_key(one)) for one in told]
        if arrivals:
            inbox.keep(session, arrivals, now=now)
        store.bring(session, source.id, new)
        lost = sum(one.stamp <= settled for one in new)
        row.found = lost + (0 if begins else row.found)
        row.begun_at = search.begun_at
        if len(shown.found) < search.size or len(ripe) < len(shown.found):
            self._end(session, row, source, search, shown)
        else:
            row.since = max(row.since, ripe[-1].stamp)
            store.give_back(row, due_at=row.due_at)

    def _news(
        self, session: Session, source: Source, search: _Pass, shown: _Page, settled: datetime
    ) -> list[Touched]:
        """What neither the ledger knows nor a search has brought, of what was changed by then."""
        if search.hanging is not None:
            on, span = search.hanging.on, hanging.Span(since=search.since, until=settled)
            lists = hanging.listed(session, source, on, shown.found, shown.there)
            return hanging.news(session, source, lists, span)
        return _unknown(session, source, (one for one in shown.found if one.stamp <= settled))

    def _end(
        self, session: Session, row: PollRow, source: Source, search: _Pass, shown: _Page
    ) -> None:
        """The pass has come to what was changed a moment ago."""
        now, settled = self.world.clock.now(), search.begun_at - GRACE * self.scale
        self._passes.pop(source.id, None)
        row.since, row.begun_at, row.ended_at = max(row.since, settled), None, now
        wait = self._wait(session, source, search, shown)
        store.give_back(row, due_at=now + wait * self.scale)
        store.forget_before(session, source.id, row.since - 2 * OVERLAP * self.scale)
        self._tell_end(session, row, source, again=search.again)
        log.info("poll.ended", source=source.id, found=row.found)

    def _wait(self, session: Session, source: Source, search: _Pass, shown: _Page) -> timedelta:
        """Until the next pass. What is new may have been changed before as well, and nobody told.

        So a moment later it is searched once more, if no message has told of it by now.
        """
        assert source.poll is not None
        settled = search.begun_at - GRACE * self.scale
        new = (one for one in shown.found if one.stamp > settled)
        if search.again or search.hanging is not None or not _unknown(session, source, new):
            return source.poll.every
        return min(AGAIN, source.poll.every)

    def _tell_end(self, session: Session, row: PollRow, source: Source, *, again: bool) -> None:
        """What no message told, of a connection whose messages do come, has been lost on its way."""
        now, key = self.world.clock.now(), f"missed:{source.id}"
        self.world.alarms.lift(session, f"poll:{source.id}", text="it is searched again", now=now)
        hearing = hearings(session).get(source.connection)
        told = source.poll is not None and not source.poll.untold
        if told and row.found and hearing is not None and hearing.last_message_at is not None:
            self.world.alarms.lower(
                session,
                key,
                kind="missed",
                text=f"{source.connection}: {row.found} changes of {source.object} were found by"
                " search that no message told",
                remedy="nothing is lost: they are on their way as if they had been told. Look why"
                " the system did not send them, or was not let in",
                link=f"{self.world.public_url}/api/v1/polls",
                now=now,
            )
        elif not row.found and not again:
            self.world.alarms.lift(session, key, text="every change was told", now=now)

    def _failed(self, leased: PollRow, problem: str) -> None:
        with self.world.database.transaction() as session:
            now = self.world.clock.now()
            self.world.alarms.lower(
                session,
                f"poll:{leased.source}",
                kind="poll",
                text=f"what changed cannot be searched for by source {leased.source}: {problem}",
                remedy="mend what it says; it is tried again by itself. Messages that were lost"
                " meanwhile are found then",
                link=f"{self.world.public_url}/api/v1/polls",
                now=now,
            )
        self._put_off(leased, problem, timedelta(minutes=5))

    def _put_off(
        self,
        leased: PollRow,
        problem: str,
        wait: timedelta = timedelta(0),
        *,
        until: datetime | None = None,
    ) -> None:
        self._passes.pop(leased.source, None)
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is not None:
                due_at = until or self.world.clock.now() + wait * self.scale
                store.give_back(row, due_at=due_at, problem=problem)


def _unknown(session: Session, source: Source, found: Iterable[Touched]) -> list[Touched]:
    named = [(Ref(source.connection, source.object, one.id), one) for one in found]
    return [touched for _, touched in store.unknown(session, source.id, named)]


def _read(connected: Connected, search: _Pass) -> _Page:
    """The next page of it."""
    found = list(islice(search.found, search.size))
    hangs, ids = search.hanging, [one.id for one in found]
    there = hangs.all(connected.client, connected.name, ids) if hangs and ids else {}
    return _Page(found=found, there=there)
