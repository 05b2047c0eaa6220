"""Claim, act, record: two short transactions with the network call between them."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bridge.clock import Clock
from bridge.connectors.connected import Connected, Connections
from bridge.connectors.contract import Action, Outcome, Receipt, Repeat
from bridge.db import Database
from bridge.errors import PermanentError
from bridge.http import Exchange, recording
from bridge.outbox import connection, restore, retry, stale, store
from bridge.outbox.arming import Actions, action_of
from bridge.outbox.restore import Watch
from bridge.outbox.retry import Policy, Tried
from bridge.outbox.store import Claimed, End
from bridge.outbox.tables import DeliveryRow, State

log = structlog.get_logger()
_STATES = {
    Outcome.DONE: State.SUCCEEDED,
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.UNCHANGED: State.UNCHANGED,
}


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """Who hears how things went, inside the transaction that records it.

    finished    (session, delivery): links, what waited, write-back
    paused      (session, connection, reason): credentials went bad, said once
    recovered   (session, connection): a real delivery succeeded again
    tried       (connection, outcome, seconds): metrics
    """

    finished: Callable[[Session, DeliveryRow], None]
    paused: Callable[[Session, str, str], None]
    recovered: Callable[[Session, str], None]
    tried: Callable[[str, str, float], None]


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

    def claim(self, limit: int, *, busy: Mapping[str, int]) -> Sequence[Claimed]:
        """Up to `limit` heads of due keys; connections at their concurrency are left alone."""
        free_names = [
            name
            for name, connected in self.connections.items()
            if busy.get(name, 0) < connected.settings.concurrency
        ]
        if not free_names or limit < 1:
            return []
        now = self.clock.now()
        with self.database.reading() as session:
            free, probes = connection.callable_now(session, free_names, now=now)
            if not store.anything_due(session, free | probes, due=now):
                return []
        with self.database.transaction() as session:
            claimed = self._claim(session, free, limit)
            for name in sorted(probes):
                connection.begin_probe(session, name, now=now, scale=self.policy.scale)
                claimed += self._claim(session, {name}, 1)
        return claimed

    def dispatch(self, claimed: Claimed) -> State | None:
        """Act on a claim and record how it ended. `None`: the lease was lost meanwhile."""
        delivery = claimed.delivery
        structlog.contextvars.bind_contextvars(
            delivery=delivery.id, correlation=delivery.message_id or delivery.event_id
        )
        try:
            end = self._end(claimed)
            return self._record(claimed, end)
        finally:
            structlog.contextvars.clear_contextvars()

    def _claim(self, session: Session, names: set[str], limit: int) -> list[Claimed]:
        if not names:
            return []
        return store.claim(
            session,
            connections=names,
            node=self.node,
            limit=limit,
            due=self.clock.now(),
            now=self.database.now(session),
            monotonic=self.clock.monotonic(),
            term=self.term,
        )

    def _end(self, claimed: Claimed) -> End:
        """Everything that may go wrong with one delivery ends here: a bug must not lose it."""
        started = self.clock.monotonic()
        exchanges: list[Exchange] = []
        try:
            with recording() as exchanges:
                end = self._act(claimed)
        except Exception as error:  # noqa: BLE001  (the only place that catches everything)
            end = self._failed(claimed, error)
        seconds = self.clock.monotonic() - started
        return store.with_log(end, seconds=seconds, exchanges=tuple(exchanges))

    def _act(self, claimed: Claimed) -> End:
        delivery = claimed.delivery
        connected = self.connections[delivery.connection]
        early = self._not_now(claimed, connected)
        if early:
            return early
        action = action_of(delivery, self.actions)
        if claimed.rescued:
            rescue = self._rescue(delivery, action, connected)
            if rescue:
                return rescue
        known = self._after_restore(delivery, action, connected)
        if known:
            return known
        if delivery.find_first and action.repeat is Repeat.FINDABLE:
            found = action.find(connected.client, delivery.write_key)
            if found:
                return _success(found, found_again=True)
            again = retry.not_found(_tried(delivery, action), self.policy)
            if again:
                return _as_end(again, outcome="not_found")
        action = stale.catch_up(self.database, delivery, action, now=self.clock.now())
        end = _success(action.run(connected.client, delivery.write_key))
        return replace(end, uncertain=delivery.uncertain)

    def _not_now(self, claimed: Claimed, connected: Connected) -> End | None:
        delivery = claimed.delivery
        if delivery.expires_at and self.clock.now() >= delivery.expires_at:
            return End(
                state=State.EXPIRED,
                outcome="expired",
                called=False,
                spends_try=False,
                reason=f"not sent by {delivery.expires_at:%Y-%m-%d %H:%M} UTC, as its step says",
            )
        if claimed.rescued and delivery.claims > self.policy.claims:
            raise PermanentError(
                f"the process ended {delivery.claims - 1} times while sending this",
                code="kills_the_process",
            )
        left = claimed.until - self.clock.monotonic()
        if left < connected.settings.deadline:
            return End(
                state=State.PENDING,
                outcome="lease_short",
                called=False,
                spends_try=False,
                reason="claimed too long ago to start a call",
            )
        return None

    def _rescue(
        self, delivery: DeliveryRow, action: Action[Any], connected: Connected
    ) -> End | None:
        """Another worker began this and did not finish: it may have happened."""
        if action.repeat is Repeat.SAFE or delivery.find_first:
            return None
        if action.repeat is Repeat.FINDABLE:
            wait = self.policy.seconds(connected.settings.deadline + action.settle)
            return End(
                state=State.PENDING,
                outcome="rescued",
                called=False,
                spends_try=False,
                wait=wait,
                reason="a worker died while sending; looking for it before it is repeated",
                kind="ambiguous",
                find_first=True,
            )
        if delivery.ambiguous == "repeat":
            delivery.uncertain = True
            return None
        return End(
            state=State.ACCEPTED,
            outcome="rescued",
            called=False,
            uncertain=True,
            kind="ambiguous",
            reason="a worker died while sending; it may have been posted, and is not repeated",
        )

    def _after_restore(
        self, delivery: DeliveryRow, action: Action[Any], connected: Connected
    ) -> End | None:
        """It may have happened between the backup and the restore: look, or say that it is doubtful."""
        gap, now = self.watch.gap, self.clock.now()
        if gap is None or now >= gap.watched_until or action.repeat is Repeat.SAFE:
            return None
        if action.repeat is Repeat.FINDABLE:
            ready = gap.until + self.policy.seconds(action.settle)
            if now < ready:
                return End(
                    state=State.PENDING,
                    outcome="after_restore",
                    called=False,
                    spends_try=False,
                    wait=ready - now,
                    reason="after a restore: looked for once the vendor's search is up to date",
                )
            found = action.find(connected.client, delivery.write_key)
            return _success(found, found_again=True) if found else None
        with self.database.reading() as session:
            if not restore.doubtful(session, gap, delivery):
                return None
        if delivery.ambiguous == "repeat":
            delivery.uncertain = True
            return None
        return End(
            state=State.ACCEPTED,
            outcome="after_restore",
            called=False,
            spends_try=False,
            uncertain=True,
            kind="ambiguous",
            reason="it may have been posted before the restore, and is not repeated",
        )

    def _failed(self, claimed: Claimed, error: Exception) -> End:
        delivery = claimed.delivery
        action = self.actions.get(delivery.action)
        tried = _tried(delivery, action)
        found = retry.verdict(error, tried, self.policy, self.random)
        if found.kind == "bug":
            frames = traceback.extract_tb(error.__traceback__)
            where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
            log.error("outbox.bug", action=delivery.action, error=found.code, where=where)
        return _as_end(found, outcome=found.kind)

    def _record(self, claimed: Claimed, end: End) -> State | None:
        delivery = claimed.delivery
        now = self.clock.now()
        with self.database.transaction() as session:
            if not store.finish(session, claimed, end, now=now, node=self.node):
                log.warning("outbox.lease_lost", delivery=delivery.id)
                return None
            self._tell(session, delivery, end)
        self.hooks.tried(delivery.connection, end.outcome, end.seconds)
        log.info(
            "outbox.ended",
            state=end.state,
            outcome=end.outcome,
            connection=delivery.connection,
            action=delivery.action,
            rule=delivery.rule,
            code=end.code or None,
        )
        return end.state

    def _tell(self, session: Session, delivery: DeliveryRow, end: End) -> None:
        name, now = delivery.connection, self.clock.now()
        fresh = store.one(session, delivery.id)
        if end.pause and connection.pause(
            session, name, reason=end.reason, now=now, scale=self.policy.scale
        ):
            self.hooks.paused(session, name, end.reason)
        if end.called and not end.kind and connection.reopen(session, name, now=now):
            self.hooks.recovered(session, name)
        if fresh is not None and end.state != State.PENDING:
            self.hooks.finished(session, fresh)


def _tried(delivery: DeliveryRow, action: type[Action[Any]] | Action[Any] | None) -> Tried:
    return Tried(
        repeat=action.repeat if action else Repeat.SAFE,
        settle=action.settle if action else 0.0,
        tries=delivery.tries + 1,
        misses=delivery.misses,
        ambiguous=delivery.ambiguous,
        uncertain=delivery.uncertain,
    )


def _success(receipt: Receipt, *, found_again: bool = False) -> End:
    result = {
        "ref": str(receipt.ref) if receipt.ref else "",
        "key": receipt.key,
        "url": receipt.url,
        "note": receipt.note,
        "wrote": dict(receipt.wrote),
    }
    outcome = "found" if found_again else receipt.outcome.value
    return End(state=_STATES[receipt.outcome], outcome=outcome, result=result, reason=receipt.note)


def _as_end(found: retry.Verdict, *, outcome: str) -> End:
    return End(
        state=found.state,
        outcome=outcome,
        reason=found.reason,
        kind=found.kind,
        code=found.code,
        wait=found.wait,
        find_first=found.find_first,
        misses=found.misses,
        uncertain=found.uncertain,
        spends_try=found.spends_try,
        pause=found.pause,
    )
