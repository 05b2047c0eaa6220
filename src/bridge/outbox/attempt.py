"""One try of one delivery: what an earlier one did, whether it may start, the call, and its end."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from random import Random
from typing import Any

import structlog

from bridge.clock import Clock
from bridge.connectors.action import Action, Receipt
from bridge.connectors.connected import Connected
from bridge.db import Database
from bridge.errors import OverBudget, PermanentError
from bridge.exchange import Exchange, recording
from bridge.http import within
from bridge.outbox import coalescing, no_op, overtaken, retry
from bridge.outbox.arming import Actions, action_of
from bridge.outbox.bringing import Handed, empty_handed
from bridge.outbox.claims import Claimed, End
from bridge.outbox.coalescing import Merged, Owed
from bridge.outbox.earlier import Earlier, tried
from bridge.outbox.ends import not_called, of_verdict, shown, success
from bridge.outbox.naming import Naming, as_it_says
from bridge.outbox.restore import Gap
from bridge.outbox.retry import Policy
from bridge.outbox.same_error import PARKED, Held
from bridge.outbox.shadow import FRESH_SECONDS
from bridge.outbox.still import AS_IT_IS, Still, not_needed
from bridge.outbox.tables import GOOD, DeliveryRow, State
from bridge.outbox.taken_back import taken_back

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Try:
    """One claim in the hands of one worker."""

    database: Database
    clock: Clock
    connected: Connected
    actions: Actions
    policy: Policy
    random: Random
    gap: Gap | None  # of a restore, while it is watched
    claimed: Claimed
    held: Held
    still: Still = AS_IT_IS
    look: Callable[[], None] = not_needed  # before it is judged anew
    handed: Handed = empty_handed
    naming: Naming = as_it_says

    @property
    def delivery(self) -> DeliveryRow:
        return self.claimed.delivery

    @cached_property
    def _earlier(self) -> Earlier:
        return Earlier(
            database=self.database,
            clock=self.clock,
            connected=self.connected,
            policy=self.policy,
            gap=self.gap,
            claimed=self.claimed,
            lease_short=self._lease_short,
        )

    def left(self) -> float:
        """Seconds for which the claim is still ours."""
        return self.claimed.until - self.clock.monotonic()

    def end(self) -> End:
        """Everything that may go wrong with one delivery ends here: a bug must not lose it."""
        end, _ = self._logged(self._run)
        assert end is not None
        return end

    def begin(self) -> End | Merged:
        """The same up to the call itself: what is to be run, or how the try ended without it."""
        end, merged = self._logged(lambda _: None)
        if end is not None:
            return end
        assert merged is not None
        return merged

    def answered(self, result: Receipt | Exception | None, merged: Merged) -> End:
        """How it ended in a bulk call. What was refused among others is tried alone first."""
        if result is None:
            reason = "did not fit into a bulk call; goes with the next"
            return not_called(self.delivery, "no_room", reason)
        if isinstance(result, Receipt):
            end = self._done(result, merged.action)
        elif isinstance(result, PermanentError):
            end = self._apart("refused_in_bulk", f"refused in a bulk call: {result}")
        else:
            end = self._failed(result, called=not isinstance(result, OverBudget))
        return self._of_all(end, merged)

    def _logged(self, act: Callable[[Action[Any]], End | None]) -> tuple[End | None, Merged | None]:
        """What came of it, if anything has, with how long it took and what went over the wire."""
        started = self.clock.monotonic()
        exchanges: list[Exchange] = []
        merged: Merged | None = None
        try:
            with recording() as exchanges, within(self.left):
                merged = self._merged()
                end = self._before(merged.action)
                if end is None:
                    end, merged = self._judged(merged)
                end = end or act(merged.action)
        except Exception as error:  # noqa: BLE001  (a bug must not lose a delivery)
            end = self._failed(error, called=bool(exchanges))
        if end is None:
            return None, merged
        seconds = self.clock.monotonic() - started
        whole = self._of_all(end, merged)
        return replace(whole, seconds=seconds, exchanges=tuple(exchanges)), merged

    def _merged(self) -> Merged:
        """The action, with what those that go along set as well."""
        own = self.delivery
        action, left_out = action_of(own, self.actions), ""
        if self._may_be_behind():
            action, left_out = self._still_new(action)
        merged = coalescing.merge((own.seq, own.id, action), self._along())
        return replace(merged, action=self.naming(own, merged.action), left_out=left_out)

    def _may_be_behind(self) -> bool:
        """What is judged anew never is: it says what is true now."""
        return self.claimed.behind and not self.still.concerns(self.delivery)

    def _still_new(self, action: Action[Any]) -> tuple[Action[Any], str]:
        """What came back must set no field back, and has none with it: nothing goes along."""
        with self.database.reading() as session:
            if overtaken.is_forced(session, self.delivery):
                return action, ""
            return overtaken.left(session, self.delivery, action, self.actions)

    def _judged(self, merged: Merged) -> tuple[End | None, Merged]:
        """What it is by now. The look before may be a call of its own, so the lease is looked at again."""
        if not self.still.concerns(self.delivery):
            return None, merged
        self.look()
        found = self.still.judge(self.claimed)
        if isinstance(found, End):
            return found, merged
        anew = replace(merged, action=found.action, told=found.told)
        return self._lease_short(), anew

    def _along(self) -> Iterator[Owed]:
        """One whose action cannot be built ends them: that is told when its turn comes.

        So does one whose rule is held by now.
        """
        for one in self.claimed.along:
            if one.rule in self.held.holds:
                return
            try:
                action = action_of(one, self.actions)
            except PermanentError:
                return
            yield one.seq, one.id, action

    def _of_all(self, end: End, merged: Merged | None) -> End:
        """A merged call that went well did for all; one that would be the end is split first."""
        if merged is not None and merged.left_out and end.called and end.state in GOOD:
            end = replace(end, reason="; ".join(filter(None, (end.reason, merged.left_out))))
        if merged is not None and merged.told and end.result is not None:
            end = replace(end, result={**end.result, **merged.told})
        if merged is None or not merged.parts:
            return end
        if end.state == State.DEAD:
            end = self._apart("refused_merged", f"refused with others: {end.reason}", end)
        over = end.alone or end.state in GOOD
        return replace(end, parts=merged.parts) if over else end

    def _apart(self, outcome: str, reason: str, end: End | None = None) -> End:
        """Back to pending, and tried alone next: only the guilty one is to be dead."""
        back = not_called(self.delivery, outcome, f"{reason}; tried alone next")
        return replace(back, called=end is None or end.called, alone=True)

    def _before(self, action: Action[Any]) -> End | None:
        """Each step may end the try, and what may have happened already comes before all that is new."""
        self._refuse_a_killer()
        return (
            shown(self.claimed)
            or self._earlier.found(action)
            or taken_back(self.database, self.delivery, action)
            or self._expired()
            or self._superseded()
            or self._held()
            or self._no_op(action)
            or self._lease_short()
        )

    def _refuse_a_killer(self) -> None:
        if self.claimed.rescued and self.delivery.claims > self.policy.claims:
            raise PermanentError(
                f"the process ended {self.delivery.claims - 1} times while sending this",
                code="kills_the_process",
            )

    def _run(self, action: Action[Any]) -> End:
        with self.handed(action) as ready:
            return self._done(ready.run(self.connected.client, self.delivery.write_key), action)

    def _done(self, receipt: Receipt, action: Action[Any]) -> End:
        left = no_op.left(self.claimed, receipt, action)
        return replace(success(receipt), uncertain=self.delivery.uncertain, left=left)

    def _expired(self) -> End | None:
        if self.delivery.expires_at is None or self.clock.now() < self.delivery.expires_at:
            return None
        return End(
            state=State.EXPIRED,
            outcome="expired",
            called=False,
            spends_try=False,
            uncertain=self.delivery.uncertain,
            reason=f"not sent by {self.delivery.expires_at:%Y-%m-%d %H:%M} UTC, as its step says",
        )

    def _superseded(self) -> End | None:
        """It came back behind a newer one: by a replay, a release or a link it waited for."""
        if not self._may_be_behind():
            return None
        with self.database.reading() as session:
            newer = overtaken.newer(session, self.delivery, self.actions)
            if newer is None or overtaken.is_forced(session, self.delivery):
                return None
        return End(
            state=State.SUPERSEDED,
            outcome="superseded",
            called=False,
            spends_try=False,
            uncertain=self.delivery.uncertain,
            superseded_by=newer.id,
            reason=f"{newer.id} has written newer state since",
        )

    def _held(self) -> End | None:
        """The same error befell others of its rule: it waits with them, or in the way of its key.

        If its rule has gone wild, it waits with all that the rule asks, and is in nobody's way.
        """
        wild = self.held.of_rule(self.delivery)
        if wild is not None:
            end = not_called(self.delivery, "held", f"its rule is held: see hold {wild}")
            return replace(end, state=State.HELD, hold_id=wild)
        hold_id = self.held.of(self.delivery)
        return None if hold_id is None else self._hold(hold_id, "others of its rule met one error")

    def _hold(self, hold_id: str, why: str) -> End:
        blocks = self.delivery.dead_head == "block"
        wait = PARKED * self.policy.scale if blocks else timedelta(0)
        end = not_called(self.delivery, "held", f"{why}: see hold {hold_id}", wait=wait)
        return end if blocks else replace(end, state=State.HELD, hold_id=hold_id)

    def _no_op(self, action: Action[Any]) -> End | None:
        """The last call wrote the same, a moment ago, and nobody has shown anything else since."""
        fresh = self.policy.seconds(FRESH_SECONDS).total_seconds()
        now = self.clock.now()
        found = no_op.believed(self.claimed, action, now=now, seconds=fresh)
        if found is None or self._earlier.watched:
            return None
        with self.database.reading() as session:
            return None if no_op.heard_since(session, found) else no_op.end(found)

    def _lease_short(self) -> End | None:
        """A call may last its whole deadline, and must be over before the lease is."""
        if self.left() >= self.connected.settings.deadline:
            return None
        return not_called(self.delivery, "lease_short", "claimed too long ago to start a call")

    def _failed(self, error: Exception, *, called: bool) -> End:
        if isinstance(error, OverBudget):
            wait = timedelta(seconds=error.retry_after or 0.0)
            end = not_called(self.delivery, error.code, str(error), wait=wait)
            return replace(end, called=called, away=wait)
        action = self.actions.get(self.delivery.action)
        past = tried(self.delivery, action, called=called, probe=bool(self.claimed.probe))
        found = retry.verdict(error, past, self.policy, self.random)
        if found.kind == "bug":
            log.error(
                "outbox.bug", action=self.delivery.action, error=found.code, where=_place(error)
            )
        if found.state == State.DEAD and found.kind == "permanent" and self.delivery.hold_id:
            back = self._hold(
                self.delivery.hold_id, str(error)
            )  # it was tried for all of its group
            return replace(back, outcome=found.kind, kind=found.kind, code=found.code, called=True)
        return of_verdict(found, outcome=found.kind)


def _place(error: Exception) -> str:
    """Where it was raised. Its text is not logged: it may hold a customer's words."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
