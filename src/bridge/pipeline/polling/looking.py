"""Looks at what is known, a page a step: what a system no longer shows by its id was deleted.

No search shows a deleted Jira issue, so a webhook that was lost is found only this way. A round goes
through all known records of a source in the order of their refs and takes the time that the source
says, so that a day's calls are few. What is not shown goes into the inbox as a message that names it;
the record is read once more there, and only then is it gone. Many at once are not believed: then
rather our account may not see them any more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.found import Touched
from bridge.errors import BridgeError
from bridge.inbox import store as inbox
from bridge.inbox.store import Arrival
from bridge.inbox.tables import PollRow
from bridge.outbox.pulse import Pulse
from bridge.pipeline.asking import Asking, Later
from bridge.pipeline.leased import take
from bridge.pipeline.polling import page, store
from bridge.pipeline.sparing import heed_quotas
from bridge.pipeline.world import World
from bridge.rules.sources import Source

PAGE = 100  # records a look: one call
LEASE = timedelta(minutes=2)
AGAIN = timedelta(minutes=15)  # after one that failed
FEW = 5  # of a page, or a fifth of it: more have hardly been deleted without a word

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Looking:
    """Goes on with the rounds."""

    world: World
    pulse: Pulse
    scale: float = 1.0  # of waits
    page: int = PAGE

    def step(self) -> int:
        """One look of one source; 0 when none is due."""
        now = self.world.clock.now()
        found = take(self.world.database, store.any_look, store.lease_look, now=now, term=LEASE)
        if found is None:
            return 0
        try:
            self._look(found)
        except Later as later:
            self._put_off(found, max(timedelta(0), later.until - now))
        except BridgeError as error:
            self._failed(found, str(error))
        return 1

    def _look(self, leased: PollRow) -> None:
        with self.world.database.reading() as session:
            rules = self.world.sets.active(session)
            source = next((one for one in rules.sources if one.id == leased.source), None)
            connected = self.world.connections.get(source.connection) if source else None
            if source is None or source.poll is None or source.poll.gone is None or not connected:
                self._put_off(leased, timedelta(hours=1))
                return
            refs, left = store.to_look_at(
                session, source, after=leased.looked_ref or "", most=self.page
            )
        lost = self._lost(source, connected, refs)
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is not None:
                self._bring(session, source, lost)
                row.looked_ref = refs[-1] if left else None
                self._wait(session, row, source, source.poll.gone)

    def _lost(self, source: Source, connected: Connected, refs: Sequence[str]) -> Sequence[Ref]:
        """Those that are not shown. Raises Later, and BridgeError for what cannot be believed."""
        if not refs:
            return ()
        heed_quotas(self.world, connected, scale=self.scale)
        reader, asked = connected.connector.reader, [Ref.parse(ref) for ref in refs]
        if reader is None:
            raise BridgeError(f"{connected.name}: nothing can be read there")
        if source.object in reader.hanging:
            raise BridgeError(
                f"every search of {source.object} shows what was deleted; take `gone` out of it"
            )
        ids, fields = [ref.id for ref in asked], tuple(source.vendor_fields)[:1]
        asking = Asking(
            pulse=self.pulse, until=self.world.clock.monotonic() + LEASE.total_seconds()
        )
        shown = asking.ask(
            connected,
            source.id,
            lambda: reader.read(connected.client, connected.name, source.object, ids, fields),
        )
        there = {one.ref for one in shown}
        lost = [ref for ref in asked if ref not in there]
        if len(lost) > max(FEW, len(asked) // 5):
            raise BridgeError(
                f"{len(lost)} of {len(asked)} known records are not shown any more, too many to"
                " have been deleted: see whether the account may still read them"
            )
        return lost

    def _bring(self, session: Session, source: Source, lost: Sequence[Ref]) -> None:
        now = self.world.clock.now()
        found = [Touched(id=ref.id, stamp=now, gone=True) for ref in lost]
        told = page.messages(source.connection, source.object, found, now=now)
        arrivals = [Arrival(message=one, dedupe_key=page.dedupe_key(one)) for one in told]
        if arrivals:
            inbox.keep(session, arrivals, now=now)
            log.info("look.gone", source=source.id, count=len(lost))

    def _wait(self, session: Session, row: PollRow, source: Source, within: timedelta) -> None:
        """As many looks as a round has are spread over its time."""
        now = self.world.clock.now()
        looks = max(1, math.ceil(store.known(session, source) / self.page))
        row.leased_until, row.look_at = None, now + within / looks * self.scale
        self.world.alarms.lift(session, _alarm(row), text="it is looked at again", now=now)

    def _failed(self, leased: PollRow, problem: str) -> None:
        with self.world.database.transaction() as session:
            self.world.alarms.lower(
                session,
                _alarm(leased),
                kind="poll",
                text=f"what was deleted cannot be looked for by source {leased.source}: {problem}",
                remedy="mend what it says; it is tried again by itself, and nothing is taken for"
                " deleted meanwhile",
                link=f"{self.world.public_url}/api/v1/polls",
                now=self.world.clock.now(),
            )
        self._put_off(leased, AGAIN)

    def _put_off(self, leased: PollRow, wait: timedelta) -> None:
        with self.world.database.transaction() as session:
            row = store.still(session, leased)
            if row is not None:
                row.leased_until = None
                row.look_at = self.world.clock.now() + wait * self.scale


def _alarm(row: PollRow) -> str:
    return f"gone:{row.source}"
