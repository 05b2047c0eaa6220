"""What the ends of calls tell about connections: bad credentials, the breaker, recovery.

While all is well this asks the database nothing: a success is only looked at where there is trouble.
What is told goes into a transaction of its own, after the ends themselves are recorded: a process
that dies in between has forgotten a sign, and the next call gives another.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.bell import OUTBOX
from bridge.clock import Clock
from bridge.db import Database, ring
from bridge.outbox import breaker, connection
from bridge.outbox.breaker import Mode, Sign, Waits
from bridge.outbox.claims import Claimed, End
from bridge.outbox.connection import News
from bridge.outbox.tables import ConnectionRow

Ended = tuple[Claimed, End]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who called: for what (`key` stands for one record), and whether to try a place that is down."""

    connection: str
    key: str
    probe: str = ""


@dataclass(frozen=True, kw_only=True)
class Beat:
    """One end, as far as it is about one connection or part. `probe`: it was sent to try that place."""

    key: str
    end: End
    sign: Sign
    probe: bool


@dataclass(kw_only=True)
class Pulse:
    """Of one node. `troubled`: places that had trouble when they were last looked at, or have it since."""

    database: Database
    clock: Clock
    waits: Waits
    news: News
    troubled: frozenset[str] = field(default=frozenset())

    def feel(self, ended: Sequence[Ended]) -> None:
        """Take note of what these ends tell, if they tell anything."""
        self._take(self._beats((_caller(claimed), end) for claimed, end in ended))

    def enter(self, name: str, key: str, *, deadline: float) -> Caller | datetime:
        """Who calls there for something that is no delivery; or when to ask again, if nobody may now."""
        now = self.clock.now()
        with self.database.reading() as session:
            row = connection.rows(session).get(name)
        if row is not None and connection.has_trouble(row):
            self.troubled |= {name}  # or a success there would be no news
        if row is None or row.state == connection.OPEN:
            return Caller(connection=name, key=key)
        soon = now + breaker.FIRST * self.waits.scale
        if not connection.is_due(row, now=now):
            return max(row.probe_at or soon, soon)
        with self.database.transaction() as session:
            if not connection.may_probe(session, name, now=now):
                return soon
            connection.book_probe(session, name, now=now, deadline=deadline, waits=self.waits)
        return Caller(connection=name, key=key, probe=name)

    def told(self, caller: Caller, end: End) -> None:
        """The same of a call that is no delivery's: a record was read, or was not."""
        self._take(self._beats([(caller, end)]))

    def _take(self, beats: Mapping[str, Sequence[Beat]]) -> None:
        if not beats:
            return
        with self.database.transaction() as session:
            rows = connection.locked(session, beats, now=self.clock.now())
            for row in rows:
                for beat in beats[row.name]:
                    self._note(session, row, beat)
            left = frozenset(row.name for row in rows if connection.has_trouble(row))
            if left:  # when the next probe may go has changed, perhaps: whoever rests looks again
                ring(session, OUTBOX)
        self.troubled = (self.troubled - frozenset(beats)) | left

    def _beats(self, ended: Iterable[tuple[Caller, End]]) -> dict[str, list[Beat]]:
        """By place, in the order of their ends. A bulk call that failed is one failure."""
        beats: dict[str, list[Beat]] = {}
        failed: set[str] = set()
        for caller, end in ended:
            sign = breaker.sign(end.kind, end.exchanges) if end.called else Sign.NOTHING
            if sign is Sign.FAILURE and end.batch:
                sign = Sign.NOTHING if end.batch in failed else sign
                failed.add(end.batch)
            for place in sorted(set(_places(caller, end, sign, self.troubled))):
                beat = Beat(key=caller.key, end=end, sign=sign, probe=caller.probe == place)
                beats.setdefault(place, []).append(beat)
        return beats

    def _note(self, session: Session, row: ConnectionRow, beat: Beat) -> None:
        now = self.clock.now()
        if row.state == connection.PAUSED:
            return
        if beat.end.pause:
            if connection.pause(row, reason=beat.end.reason, now=now, scale=self.waits.scale):
                self.news.paused(session, row.name, beat.end.reason)
        elif row.state == connection.CREDENTIALS:
            self._note_paused(session, row, beat)
        else:
            self._note_called(session, row, beat)

    def _note_paused(self, session: Session, row: ConnectionRow, beat: Beat) -> None:
        now = self.clock.now()
        if beat.sign is Sign.LIFE and not beat.end.kind:
            connection.reopen(session, row, now=now)
            self._tell_recovered(session, row.name)
        elif beat.probe and not beat.end.called:
            connection.unbook(row, now=now)

    def _note_called(self, session: Session, row: ConnectionRow, beat: Beat) -> None:
        before = connection.breaker_of(row)
        after = self._after(before, row.name, beat)
        connection.keep(row, after, reason=beat.end.reason, now=self.clock.now())
        if after.mode is Mode.CLOSED:
            if before.mode is not Mode.CLOSED:
                self._tell_recovered(session, row.name)
            if not after.streak:
                connection.forget(session, row)
        elif before.mode is Mode.CLOSED:
            self.news.broken(session, row.name, beat.end.reason)

    def _tell_recovered(self, session: Session, name: str) -> None:
        """All that has waited may go, on every node."""
        ring(session, OUTBOX)
        self.news.recovered(session, name)

    def _after(self, now_is: breaker.Breaker, place: str, beat: Beat) -> breaker.Breaker:
        now = self.clock.now()
        match beat.sign:
            case Sign.LIFE:
                return breaker.lived(now_is)
            case Sign.FAILURE:
                who = _whose(beat, place)
                return breaker.failed(
                    now_is, who, probe=beat.probe, now=now, waits=self.waits, away=beat.end.away
                )
            case Sign.NOTHING if beat.probe:
                asked, away = beat.end.called, beat.end.away
                return breaker.told_nothing(
                    now_is, asked=asked, now=now, waits=self.waits, away=away
                )
        return now_is


def _caller(claimed: Claimed) -> Caller:
    name = claimed.delivery.connection
    return Caller(connection=name, key=claimed.key, probe=claimed.probe)


def _places(caller: Caller, end: End, sign: Sign, troubled: Collection[str]) -> Iterator[str]:
    """Which rows an end is about: its connection's and its part's, as far as it tells them anything."""
    name = caller.connection
    if caller.probe:
        yield caller.probe
    if end.pause:
        yield connection.part_name(name, end.part)
    elif sign is Sign.FAILURE:
        yield name
        yield connection.part_name(name, _part(end))
    elif sign is Sign.LIFE:
        key = f"{caller.key}|"
        yield from (one for one in troubled if one == name or key.startswith(f"{one}|"))


def _whose(beat: Beat, place: str) -> str:
    """Whose fault a failure may be. For a whole connection, all of a part is one record's."""
    part = _part(beat.end)
    if part and not connection.is_part(place):
        return part
    return breaker.witness(beat.key, beat.end.kind, beat.end.exchanges)


def _part(end: End) -> str:
    return end.exchanges[-1].part if end.exchanges else ""
