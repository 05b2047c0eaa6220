"""Claim, act, record: two short transactions with the network call between them."""

import math
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property, partial
from random import Random

import structlog
from sqlalchemy.orm import Session

from bridge.clock import Clock
from bridge.connectors.action import Action
from bridge.connectors.connected import Connections
from bridge.db import Database
from bridge.outbox import claiming, connection
from bridge.outbox.arming import Actions
from bridge.outbox.attempt import Try
from bridge.outbox.breaker import Waits
from bridge.outbox.bringing import handed
from bridge.outbox.budgets.budgets import Budgets
from bridge.outbox.budgets.till import priority
from bridge.outbox.bulk import Bulk, calls
from bridge.outbox.claims import Claimed
from bridge.outbox.connection import Doors
from bridge.outbox.naming import Naming, as_it_says
from bridge.outbox.ordering import Wanted
from bridge.outbox.pulse import Pulse
from bridge.outbox.quiet import quiet_for
from bridge.outbox.recorder import Ended, Hooks, Recorder
from bridge.outbox.restore import Watch
from bridge.outbox.retry import Policy
from bridge.outbox.same_error import Held
from bridge.outbox.sharing import Sharing
from bridge.outbox.still import AS_IT_IS, Still
from bridge.outbox.tables import State

LINGER_SECONDS = 0.5  # a bulk call that is not full waits for company, while one is under way


@dataclass(frozen=True, kw_only=True)
class Dispatcher:
    """One node's hands. `term` is how long a claim is ours; it must outlast any call's deadline."""

    database: Database
    clock: Clock
    connections: Connections
    actions: Actions
    policy: Policy
    hooks: Hooks
    node: str
    random: Random
    term: timedelta = timedelta(minutes=3)
    watch: Watch = field(default_factory=Watch)
    held: Held = field(default_factory=Held)
    budgets: Budgets = field(default_factory=Budgets)
    still: Still = AS_IT_IS
    naming: Naming = as_it_says
    _deadly: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @cached_property
    def recorder(self) -> Recorder:
        return Recorder(
            database=self.database,
            clock=self.clock,
            hooks=self.hooks,
            node=self.node,
            pulse=self.pulse,
            held=self.held,
        )

    @cached_property
    def pulse(self) -> Pulse:
        """What the ends of this node's calls tell about the connections."""
        return Pulse(
            database=self.database, clock=self.clock, waits=self._waits, news=self.hooks.news
        )

    @property
    def _waits(self) -> Waits:
        return Waits(random=self.random, scale=self.policy.scale)

    @cached_property
    def sharing(self) -> Sharing:
        """What may share a bulk call."""
        return Sharing.of(self.actions)

    @cached_property
    def apart(self) -> Sequence[str]:
        """Connections that take no bulk calls."""
        return [name for name, one in self.connections.items() if not one.settings.bulk]

    @cached_property
    def merging(self) -> Collection[str]:
        """Actions whose queued deliveries may go out as one."""
        return frozenset(
            kind for kind, action in self.actions.items() if action.merged is not Action.merged
        )

    def claim(
        self, limit: int, *, busy: Mapping[str, int], bulks: Collection[tuple[str, str]] = ()
    ) -> Sequence[Claimed]:
        """Heads of due keys for up to `limit` calls: so many hands are free, `busy` ones are at work.

        `bulks` are the bulk calls under way, by connection and batch.
        """
        rooms = self._rooms(limit + sum(busy.values()), busy)
        if not rooms or limit < 1:
            return []
        now = self.clock.now()
        with self.database.reading() as session:
            doors = connection.doors(session, self.connections, now=now)
            self.pulse.troubled = doors.troubled
            self.held.look(session, monotonic=self.clock.monotonic())
            open_rooms = {name: room for name, room in rooms.items() if name in doors.free}
            asked = Wanted(
                rooms=open_rooms,
                shut=doors.shut,
                sharing=self.sharing,
                apart=self.apart,
                merging=self.merging,
                lingering=frozenset(bulks),
                linger=self.policy.seconds(LINGER_SECONDS),
            )
            wanted = self.budgets.bound(asked)
            down = sorted(one for one in doors.probes if connection.connection_of(one) in rooms)
            probes = [self._probe(name, doors) for name in down]
            if not any(claiming.anything_due(session, one, due=now) for one in (wanted, *probes)):
                return []
        wanted = self.budgets.bound(asked, ask=True)
        with self.database.transaction() as session:
            claimed = self._claim(session, wanted, limit)
            for name, probe in zip(down, probes, strict=True):
                claimed += self._claim_probe(session, name, probe)
        return claimed

    def quiet_for(self) -> float:
        """Seconds until something comes due by itself, if nobody makes work before."""
        now = self.clock.now()
        with self.database.reading() as session:
            doors = connection.doors(session, self.connections, now=now)
            leases = self.database.now(session)
            found = quiet_for(session, self.connections, doors, now=now, leases=leases)
        if found is None:
            return math.inf
        return found.total_seconds() or self.budgets.opens_in()

    def full(self, hands: int, busy: Mapping[str, int]) -> bool:
        """Whether some connection has as many calls under way as it may: it can take no more here."""
        return len(self._rooms(hands, busy)) < len(self.connections)

    def _rooms(self, hands: int, busy: Mapping[str, int]) -> dict[str, int]:
        """How many more calls of each connection may begin.

        One that hangs, with a backlog, would soon have every hand: a hand is left for each of the
        others, as long as that leaves half of them.
        """
        others = len(self.connections) - 1
        most = max(1, hands // 2, hands - others)
        rooms = {
            name: min(connected.settings.concurrency, most) - busy.get(name, 0)
            for name, connected in self.connections.items()
        }
        return {name: room for name, room in rooms.items() if room > 0}

    def calls(self, claims: Sequence[Claimed]) -> list[list[Claimed]]:
        """The calls that these claims are, bulk calls among them."""
        scarce = self.budgets.scarce() if claims else {}
        return calls(claims, self.sharing, scarce=scarce, now=self.clock.now())

    def dispatch(self, claimed: Claimed) -> State | None:
        """Act on a claim and record how it ended. `None`: the lease was lost meanwhile."""
        with self.turn([claimed]):
            return self.recorder.record(self.act([claimed]))[0]

    @contextmanager
    def turn(self, call: Sequence[Claimed]) -> Iterator[bool]:
        """What may kill goes one at a time, until its end is recorded; whether this is such.

        If it kills the process, none of the others had been begun: so it is known by its count.
        """
        if not any(claimed.may_kill for claimed in call):
            yield False
            return
        with self._deadly:
            yield True

    def act(self, call: Sequence[Claimed]) -> list[Ended]:
        """Act on the claims of one call; how they ended is not recorded yet."""
        with priority(urgent=any(claimed.urgent for claimed in call)):
            return self.budgets.paced(self._act(call))

    def _act(self, call: Sequence[Claimed]) -> list[Ended]:
        if len(call) > 1:
            return Bulk(tries=[self._try(claimed) for claimed in call]).ends()
        if call[0].may_kill:
            with self.database.transaction() as session:
                claiming.count(session, call[0])
        delivery = call[0].delivery
        with structlog.contextvars.bound_contextvars(
            delivery=delivery.id, correlation=delivery.message_id or delivery.event_id
        ):
            return [(call[0], self._try(call[0]).end())]

    def give_back(self, call: Sequence[Claimed]) -> None:
        """The process stops before this call has begun: it is anybody's at once."""
        with self.database.transaction() as session:
            claiming.give_back(session, call)

    def _claim(self, session: Session, wanted: Wanted, limit: int) -> list[Claimed]:
        monotonic = (
            self.clock.monotonic()
        )  # before the lease begins: frozen in between, we know less
        return claiming.claim(
            session,
            wanted,
            node=self.node,
            limit=limit,
            due=self.clock.now(),
            now=self.database.now(session),
            monotonic=monotonic,
            term=self.term,
        )

    def _claim_probe(self, session: Session, name: str, probe: Wanted) -> list[Claimed]:
        """One delivery for what is paused. The next probe is booked before this one goes out."""
        now = self.clock.now()
        if not connection.may_probe(session, name, now=now):
            return []
        claimed = self._claim(session, probe, 1)
        for one in claimed:
            deadline = self.connections[one.delivery.connection].settings.deadline
            connection.book_probe(session, name, now=now, deadline=deadline, waits=self._waits)
        return [replace(one, probe=name) for one in claimed]

    def _probe(self, name: str, doors: Doors) -> Wanted:
        """One call for what is paused: of this part, or of this connection and no part that is down."""
        if connection.is_part(name):
            rooms = {connection.connection_of(name): 1}
            return Wanted(rooms=rooms, merging=self.merging, within=name)
        return Wanted(rooms={name: 1}, merging=self.merging, shut=doors.shut)

    def _try(self, claimed: Claimed) -> Try:
        connected = self.connections[claimed.delivery.connection]
        return Try(
            database=self.database,
            clock=self.clock,
            connected=connected,
            actions=self.actions,
            policy=self.policy,
            random=self.random,
            gap=self.watch.gap,
            claimed=claimed,
            held=self.held,
            still=self.still,
            look=partial(self.still.look, [claimed], connected),
            handed=partial(handed, self.connections),
            naming=self.naming,
        )
