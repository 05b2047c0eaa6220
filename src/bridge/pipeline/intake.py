"""From the inbox to the outbox: translate, re-read where a source says so, apply, decide."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from bridge.bell import PAST
from bridge.canonical.event import Origin
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Message, Snapshot, Translation
from bridge.db import ring
from bridge.errors import BridgeError, Malformed, RuleError
from bridge.inbox import store as inbox
from bridge.inbox.statements import Taken
from bridge.inbox.tables import MessageState
from bridge.ledger import store as ledger
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.sighting import Context, Sighting
from bridge.outbox.hearing import Hearing, heard, hearings
from bridge.outbox.pulse import Pulse
from bridge.pipeline import echo, moves
from bridge.pipeline.applying import apply, apply_past, attribute
from bridge.pipeline.asking import Asking, Later
from bridge.pipeline.backfill import page as backfilled
from bridge.pipeline.polling import page as polled
from bridge.pipeline.syncing import tie
from bridge.pipeline.talking.talk import concerned
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.pipeline.write_back import foresee
from bridge.rules.ruleset import RuleSet
from bridge.rules.sources import interpret, interpret_past
from bridge.rules.store import active_hash

APPLY_AGAIN = timedelta(seconds=30)
log = structlog.get_logger()


class Switched(Exception):
    """Another set of mappings became active after these messages were read."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """What one message came to, before the ledger sees it, and how it will have ended then."""

    ended: inbox.Ended
    snapshots: tuple[Snapshot, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    past: tuple[Sighting, ...] = ()

    @property
    def row(self) -> Taken:
        return self.ended.row


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Drains the inbox of one node. `pulse`: which connections may be asked for a record."""

    world: World
    pulse: Pulse
    scale: float = 1.0  # of waits
    term: timedelta = inbox.LEASE  # how long a claimed message is ours

    def drain(self, limit: int = 50) -> int:
        """Bring up to `limit` messages to the outbox; how many were taken."""
        world, now = self.world, self.world.clock.now()
        with world.database.reading() as session:
            rules = world.sets.active(session)
            if not inbox.anything_due(session, now=now):
                return 0
        asking = Asking(pulse=self.pulse, until=world.clock.monotonic() + self.term.total_seconds())
        with world.database.transaction(hasty=True) as session:
            rows = inbox.claim(session, limit=limit, now=now, term=self.term)
        late: list[tuple[Taken, Later]] = []
        reads = [read for row in rows if (read := self._read(row, rules, asking, late))]
        self._postpone(late)
        echo.hear(world, [one for read in reads for one in read.snapshots])
        if reads:
            self._keep(reads, rules)
            world.governor.flush_if_much(world.database)
        return len(rows)

    def quiet_for(self) -> float:
        """Seconds until a message comes due by itself, if none comes before."""
        now = self.world.clock.now()
        with self.world.database.reading() as session:
            found = inbox.quiet_for(session, now=now)
        return math.inf if found is None else found.total_seconds()

    def _read(
        self,
        row: Taken,
        rules: RuleSet,
        asking: Asking,
        late: list[tuple[Taken, Later]],
    ) -> Read | None:
        """Translate and interpret, outside any transaction. `None`: it waits, among the `late`."""
        structlog.contextvars.bind_contextvars(correlation=row.id)
        try:
            return self._interpreted(row, rules, asking)
        except Later as later:
            late.append((row, later))
            return None
        except BridgeError as error:
            return _bad(row, str(error))
        except Exception as error:
            log.exception("inbox.bug")
            return _bad(row, f"bug: {type(error).__name__}; see the log")
        finally:
            structlog.contextvars.clear_contextvars()

    def _interpreted(self, row: Taken, rules: RuleSet, asking: Asking) -> Read:
        if inbox.is_poison(row):
            raise Malformed(f"claimed {inbox.MAX_CLAIMS} times without an end. {row.reason}")
        connected = self.world.connections.get(row.connection)
        if connected is None or connected.connector.inbound is None:
            raise Malformed(f"connection {row.connection!r} is not configured any more")
        message = inbox.message(row)
        translation = _translated(connected, message)
        sightings: list[Sighting] = []
        past: list[Sighting] = []
        wrong: list[str] = []
        began = self.world.clock.now()
        for source, snapshot in asking.pairs(connected, rules, translation.snapshots, key=row.id):
            origin = Origin.OWN if snapshot.own else snapshot.origin or Origin.WEBHOOK
            try:
                sighting = interpret(source, snapshot, origin=origin)
            except RuleError as error:
                wrong.append(str(error))
                continue
            if sighting is not None:
                sighting = attribute(self.world, sighting, rules)
                read_at = began if snapshot.live else None
                sightings.append(replace(sighting, read_at=read_at))
                before = interpret_past(source, snapshot, sighting)
                past += [attribute(self.world, one, rules) for one in before]
        return Read(
            ended=_ended(row, translation, sightings, wrong),
            snapshots=translation.snapshots,
            sightings=tuple(sightings),
            past=tuple(past),
        )

    def _keep(self, reads: Sequence[Read], rules: RuleSet) -> None:
        """All at once; if that fails, each alone, so that only the guilty one is bad.

        Read with one set and decided with another would be neither: where another is active by now,
        they are given back, to be read with that one, here or where it can be loaded.
        """
        try:
            with self.world.database.transaction() as session:
                self._apply_all(session, reads, rules)
            _log_ended(reads)
        except Switched:
            self._give_back(reads)
        except Exception as error:
            if len(reads) == 1:
                log.exception("inbox.not_applied", message=reads[0].row.id)
                self._not_applied(reads[0].row, error)
                return
            for read in reads:
                self._keep([read], rules)

    def _give_back(self, reads: Sequence[Read]) -> None:
        """Their claim does not count, and they are due at once."""
        now = self.world.clock.now()
        with self.world.database.transaction() as session:
            for read in reads:
                inbox.postpone(session, read.row, until=now, reason="another set is active by now")

    def _not_applied(self, row: Taken, error: Exception) -> None:
        """The database may be what fails: then it is tried again, a few times."""
        kind = type(error).__name__
        may_pass = isinstance(error, DBAPIError | PoolTimeout)
        if isinstance(error, DataError) or not may_pass:
            with self.world.database.transaction() as session:
                ended = _bad(row, f"bug: {kind}; see the log").ended
                self._end(session, [ended], hearings(session))
            return
        until = self.world.clock.now() + APPLY_AGAIN * self.scale
        with self.world.database.transaction() as session:
            reason = f"not applied, again later: {kind}"
            inbox.set_aside(session, row, until=until, reason=reason)

    def _apply_all(self, session: Session, reads: Sequence[Read], rules: RuleSet) -> None:
        if active_hash(session) != rules.hash:
            raise Switched
        sightings = [sighting for read in reads for sighting in read.sightings]
        refs = {str(one.ref) for one in sightings} | moves.concerned(session, sightings)
        refs |= concerned(session, sightings)
        locked = lock_with_linked(session, refs)
        work = Work(session, self.world, locked=locked)
        known = hearings(session)
        contexts = self._contexts(known, reads)
        pairs = [(sighting, contexts[read.row.id]) for read in reads for sighting in read.sightings]
        ledger.foresee(work.ledger, pairs)
        seen = [str(sighting.ref) for sighting, _ in pairs]
        foresee(work, rules, seen)
        tie.foresee(work, rules, seen)
        for sighting, context in pairs:
            apply(work, self.world, rules, sighting, context)
        told = [(one, contexts[read.row.id]) for read in reads for one in read.past]
        apply_past(work, self.world, rules, told)
        work.write()
        self._end(session, [read.ended for read in reads], known)

    def _contexts(self, known: Mapping[str, Hearing], reads: Sequence[Read]) -> dict[str, Context]:
        """By message."""
        now, kinds = self.world.clock.now(), self.world.kinds
        live = {name: one.live_since for name, one in known.items()}
        return {
            read.row.id: Context(
                now=now,
                kinds=kinds,
                message_id=read.row.id,
                live_since=live.get(read.row.connection),
            )
            for read in reads
        }

    def _end(
        self, session: Session, ended: Sequence[inbox.Ended], known: Mapping[str, Hearing]
    ) -> None:
        """Finish messages, and remember when their connections were heard."""
        inbox.finish(session, ended, now=self.world.clock.now())
        if any(one.row.origin == Origin.BACKFILL for one in ended):
            ring(session, PAST)  # there is room for more of it
        times: dict[str, list[datetime]] = {}
        for one in ended:
            if one.row.origin == Origin.WEBHOOK:  # that we have asked says nothing of its silence
                times.setdefault(one.row.connection, []).append(one.row.received_at)
        for name in sorted(times.keys() & known.keys()):  # in one order, or two nodes deadlock
            heard(session, known[name], at=times[name])
        for one in ended:
            if one.state is MessageState.BAD:
                self._alarm_bad(session, one)

    def _alarm_bad(self, session: Session, ended: inbox.Ended) -> None:
        row = ended.row
        self.world.alarms.lower(
            session,
            f"bad:{row.connection}",
            kind="bad",
            text=f"a message from {row.connection} cannot be read: {ended.reason}",
            remedy="mend the source or the sender, then: bridge messages retranslate --state bad",
            link=f"{self.world.public_url}/api/v1/messages/{row.id}",
            now=self.world.clock.now(),
        )

    def _postpone(self, late: Sequence[tuple[Taken, Later]]) -> None:
        """Re-reads that did not answer: their messages wait, nothing is lost."""
        if not late:
            return
        with self.world.database.transaction() as session:
            for row, later in late:
                inbox.postpone(session, row, until=later.until, reason=str(later))


def _translated(connected: Connected, message: Message) -> Translation:
    """A vendor's message, or a page of ours. Raises Malformed."""
    inbound = connected.connector.inbound
    if message.origin is Origin.BACKFILL:
        return backfilled.translate(message)
    if message.origin is Origin.WEBHOOK and inbound is not None:
        return inbound.translate(connected.settings, message)
    return polled.translate(message)


def _ended(
    row: Taken, translation: Translation, sightings: Sequence[Sighting], wrong: Sequence[str]
) -> inbox.Ended:
    """How a message that could be read will have ended, once its sightings are applied."""
    state, reason = MessageState.TRANSLATED, ""
    if not translation.snapshots:
        state = MessageState.IGNORED
        reason = translation.ignored or "nothing in it concerns a record"
    elif wrong:
        state, reason = MessageState.BAD, "; ".join(wrong)
    elif not sightings:
        state, reason = MessageState.IGNORED, "no source takes it, or its `only` says no"
    return inbox.Ended(row=row, state=state, reason=reason, event_type=translation.event_type)


def _bad(row: Taken, reason: str) -> Read:
    return Read(ended=inbox.Ended(row=row, state=MessageState.BAD, reason=reason))


def _log_ended(reads: Sequence[Read]) -> None:
    for read in reads:
        if read.ended.state is not MessageState.TRANSLATED:
            log.info("inbox.ended", state=read.ended.state, message=read.row.id)
