"""What every step of the pipeline needs to know, put together once in `app.py`."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from sqlalchemy.orm import Session

from bridge.calendars import Calendars, calendars
from bridge.canonical.caps import UNCAPPED, Caps
from bridge.canonical.kind import Kinds
from bridge.clock import Clock
from bridge.connectors.connected import Connections
from bridge.db import Database
from bridge.errors import RuleError
from bridge.outbox.arming import Actions
from bridge.outbox.same_error import Held
from bridge.pipeline.caps.governor import Governor
from bridge.rules import store
from bridge.rules.check import findings
from bridge.rules.loader import load
from bridge.rules.problem import Problem
from bridge.rules.ruleset import RuleSet

KEPT = 8  # compiled rule sets: the active one, and some that explain what was


class Counts(Protocol):
    """What the pipeline counts as it goes."""

    def decided(self, rule: str, answer: str) -> None: ...
    def recorded(self, kind: str, origin: str) -> None: ...
    def unmatched(self, kind: str) -> None: ...
    def delivered(self, connection: str, state: str) -> None: ...
    def alerted(self, rule: str, outcome: str, count: int = 1) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """How the pipeline tells people: (session, key, kind, text, remedy, link), and when it is over."""

    lower: Callable[..., None]
    lift: Callable[..., None]


@dataclass(kw_only=True)
class Sets:
    """Compiled rule sets by hash, those that were asked for last. The database says which is active."""

    kinds: Kinds
    actions: Actions
    systems: Mapping[str, str]  # connection -> system
    calendars: Calendars = field(default_factory=calendars)
    _compiled: dict[str, RuleSet] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def active(self, session: Session) -> RuleSet:
        """The active set. `RuleError`: there is none, or this node cannot load it: stop draining."""
        wanted = store.active_hash(session)
        if wanted is None:
            raise RuleError("no mappings are active; run: bridge rules activate")
        return self.by_hash(session, wanted)

    def by_hash(self, session: Session, wanted: str) -> RuleSet:
        with self._lock:
            found = self._compiled.pop(wanted, None) or self._stored(session, wanted)
            self._compiled[wanted] = found
            while len(self._compiled) > KEPT:
                del self._compiled[next(iter(self._compiled))]
            return found

    def _stored(self, session: Session, wanted: str) -> RuleSet:
        files = store.files(session, wanted)
        if files is None:
            raise RuleError(f"rule set {wanted} is not in the database")
        return self.compile(files)

    def compile(self, files: Mapping[str, str]) -> RuleSet:
        return load(
            files,
            kinds=self.kinds,
            actions=self.actions,
            connections=self.systems,
            calendars=self.calendars,
        )


@dataclass(frozen=True, kw_only=True)
class World:
    """Database, clock, connections, rules: everything but the work itself."""

    database: Database
    clock: Clock
    kinds: Kinds
    actions: Actions
    connections: Connections
    sets: Sets
    alarms: Alarms
    metrics: Counts
    public_url: str = ""
    scale: float = 1.0  # of our own waits
    usual_caps: Caps = UNCAPPED  # of rules that say none
    held: Held = field(default_factory=Held)

    @cached_property
    def governor(self) -> Governor:
        """Keeps rules within their caps."""
        return Governor(
            clock=self.clock,
            held=self.held,
            lower=self.alarms.lower,
            public_url=self.public_url,
        )

    def findings(self, files: Mapping[str, str], *, named: bool = True) -> tuple[Problem, ...]:
        """Faults and warnings of a set. `named`: also channels that no connection has: not at a start,
        where it is worse to take no messages than to have one card that cannot be sent."""
        linked = self.connections.items() if named else ()
        return findings(
            files,
            kinds=self.kinds,
            actions=self.actions,
            connections=self.sets.systems,
            calendars=self.sets.calendars,
            names={name: one.names for name, one in linked},
        )

    def bulk(self, connection: str) -> bool:
        """Whether a connection takes bulk calls. One that is not configured any more takes none."""
        connected = self.connections.get(connection)
        return connected is not None and connected.settings.bulk
