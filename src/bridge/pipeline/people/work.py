"""Looks people up, one a step: who an account is where it was met, then who has the address elsewhere.

The calls are made outside of any transaction, where the connections may be called and their quotas
allow it. What comes of them is kept, so that nobody is asked for twice a day.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from bridge.connectors.connected import Connected
from bridge.connectors.roster import Account, Roster
from bridge.errors import BridgeError, RuleError
from bridge.ledger.tables import CounterpartRow
from bridge.outbox.pulse import Pulse
from bridge.pipeline.asking import Asking, Later
from bridge.pipeline.people import store, waiting
from bridge.pipeline.people.again import judge_again
from bridge.pipeline.people.directory import learnt
from bridge.pipeline.people.match import Match, Reason, cannot_be_found, matched
from bridge.pipeline.sparing import heed_quotas
from bridge.pipeline.world import World

PATIENCE = timedelta(minutes=2)  # for one look-up
TROUBLE = timedelta(hours=1)  # after a refusal
log = structlog.get_logger()


@dataclass(kw_only=True)
class LookUps:
    """`pulse`: which connections may be asked."""

    world: World
    pulse: Pulse
    scale: float = 1.0  # of waits
    _known_by: str = ""  # the set of mappings by which people.yaml was looked into last

    def step(self) -> int:
        """One of those who are due, and some records that waited for somebody; 0 when there is none."""
        try:
            self._read_people()
        except RuleError:
            return self._look()  # no mappings can be loaded: who waits goes on waiting
        return self._judge() + self._look()

    def _read_people(self) -> None:
        """Other mappings are active: people.yaml may say by now who somebody is. Raises RuleError."""
        with self.world.database.reading() as session:
            rules = self.world.sets.active(session)
            if rules.hash == self._known_by:
                return
            directory = learnt(session, self.world, rules)
            told = [
                row.id
                for row in waiting.awaited(session)
                if directory.account(row.account, at=row.at, to=row.to) is not None
            ]
        if told:
            with self.world.database.transaction() as session:
                waiting.call(session, told, now=self.world.clock.now())
        self._known_by = rules.hash

    def _judge(self) -> int:
        """A few records that waited, each in a transaction of its own."""
        with self.world.database.reading() as session:
            rows = waiting.due(session)
        for row in rows:
            try:
                with self.world.database.transaction() as session:
                    if waiting.take(session, row):
                        judge_again(session, self.world, row)
            except Exception:  # one must not keep the others waiting
                log.exception("people.not_judged", record=row.record)
                with self.world.database.transaction() as session:
                    waiting.leave(session, row)
        return len(rows)

    def _look(self) -> int:
        now = self.world.clock.now()
        with self.world.database.reading() as session:
            found = store.due(session, now=now, limit=1)
        if not found:
            return 0
        with self.world.database.transaction() as session:
            row = store.take(session, found[0].id, now=now)
        if row is not None:
            self._guarded(row)
        return 1

    def _guarded(self, row: CounterpartRow) -> None:
        try:
            self._keep(row, self._match(row))
        except Later as later:
            self._put_off(row, later)
        except BridgeError:
            self._put_off(row, None)
        except Exception:
            log.exception("people.bug")
            self._put_off(row, None)

    def _match(self, row: CounterpartRow) -> Match:
        """Raises Later and DeliveryErrors."""
        if row.at == row.to:
            return Match(reason=Reason.NOT_EXACT)  # it was asked just now
        sides = [self.world.connections.get(name) for name in (row.at, row.to)]
        there = [one for one in sides if one is not None and one.connector.roster is not None]
        if len(there) < len(sides):
            return Match(reason=Reason.CANNOT_ASK)
        at, to = there
        asking = Asking(
            pulse=self.pulse, until=self.world.clock.monotonic() + PATIENCE.total_seconds()
        )
        who = self._who(asking, at, row.account)
        reason = cannot_be_found(who)
        if reason is not None or who is None or who.email is None:
            return Match(reason=reason)
        return matched(self._with_email(asking, to, who.email))

    def _who(self, asking: Asking, at: Connected, account: str) -> Account | None:
        heed_quotas(self.world, at, scale=self.scale)
        roster: Roster[Any] | None = at.connector.roster
        assert roster is not None
        return asking.ask(at, "people", lambda: roster.who(at.client, account))

    def _with_email(self, asking: Asking, to: Connected, address: str) -> list[Account]:
        heed_quotas(self.world, to, scale=self.scale)
        roster: Roster[Any] | None = to.connector.roster
        assert roster is not None
        return asking.ask(to, "people", lambda: list(roster.with_email(to.client, address)))

    def _keep(self, row: CounterpartRow, match: Match) -> None:
        with self.world.database.transaction() as session:
            kept = store.answer(session, row.id, match, now=self.world.clock.now())
            if kept is not None and kept.found != row.found and kept.found is not None:
                waiting.call(session, [kept.id], now=self.world.clock.now())

    def _put_off(self, row: CounterpartRow, later: Later | None) -> None:
        until = later.until if later else self.world.clock.now() + TROUBLE * self.scale
        with self.world.database.transaction() as session:
            store.put_off(session, row.id, until=until)
