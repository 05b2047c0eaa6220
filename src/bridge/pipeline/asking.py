"""Re-reads by the breaker's word: what is down is not asked, and how it went is told.

Else each message would wait for the whole deadline of a vendor that is away, and those of other
connections behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bridge.connectors.action import Repeat
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Snapshot
from bridge.errors import DeliveryError, OverBudget, PermanentError, Unconfigured
from bridge.exchange import Exchange, recording
from bridge.http import within
from bridge.outbox import retry
from bridge.outbox.claims import End
from bridge.outbox.connection import spoken
from bridge.outbox.pulse import Caller, Pulse
from bridge.outbox.retry import Policy, Tried
from bridge.outbox.tables import State
from bridge.pipeline.reread import Pair, asks, reread
from bridge.rules.ruleset import RuleSet

AGAIN = timedelta(seconds=30)  # before one that got no answer is read again
PROBED = timedelta(minutes=5)  # the same as a probe: longer than from one probe to the next
UNASKED = timedelta(
    seconds=3
)  # behind one that got no answer: sooner, so that it is not behind it again
_TRIED = Tried(repeat=Repeat.SAFE, settle=0.0, tries=1)

T = TypeVar("T")
log = structlog.get_logger()


class Later(Exception):
    """The record cannot be read now: the message waits `until` then, and nothing is lost."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(f"re-read again later: {reason}")
        self.reason, self.until = reason, until


@dataclass(kw_only=True)
class Asking:
    """The re-reads of one drain, whose messages are ours `until` then (monotonic seconds).

    `made`: how many calls that took.
    """

    pulse: Pulse
    until: float
    made: int = 0
    _silent: dict[str, Later] = field(default_factory=dict)  # by connection: it did not answer

    def pairs(
        self, connected: Connected, rules: RuleSet, snapshots: Sequence[Snapshot], *, key: str
    ) -> list[Pair]:
        """As `reread`. Raises Later; PermanentError, where the vendor refuses it as asked."""
        if not asks(connected, rules, snapshots):
            return reread(connected, rules, snapshots)
        return self.ask(connected, key, lambda: reread(connected, rules, snapshots))

    def ask(self, connected: Connected, key: str, read: Callable[[], T]) -> T:
        """What this call reads, for which `key` stands. Raises as above."""
        caller = self._enter(connected, key)
        with recording() as exchanges, within(self._left):
            try:
                found = self._counted(read, exchanges)
            except PermanentError as error:
                self._tell(caller, self._end(error, exchanges))
                raise
            except (DeliveryError, Unconfigured) as error:
                end = self._end(error, exchanges)
                self._tell(caller, end)
                raise self._later(caller, end, ours=isinstance(error, OverBudget)) from error
        self._tell(caller, End(state=State.SUCCEEDED, outcome="reread", exchanges=exchanges))
        return found

    def _counted(self, read: Callable[[], T], exchanges: Sequence[Exchange]) -> T:
        try:
            return read()
        finally:
            self.made += len(exchanges)

    def _enter(self, connected: Connected, key: str) -> Caller:
        name = connected.name
        if name in self._silent:
            raise self._silent[name]
        found = self.pulse.enter(name, key, deadline=connected.settings.deadline)
        if isinstance(found, datetime):
            raise Later(f"{spoken(name)} is not called now", found)
        return found

    def _later(self, caller: Caller, end: End, *, ours: bool) -> Later:
        """`ours`: we did not send it, and know when there is room for it."""
        told = self.pulse.clock.now() + end.away
        self._silent[caller.connection] = Later(end.reason, max(self._at(UNASKED), told))
        wait = PROBED if caller.probe else UNASKED if ours else AGAIN
        return Later(end.reason, max(self._at(wait), told))

    def _end(self, error: Exception, exchanges: Sequence[Exchange]) -> End:
        """What it says of the connection, as if a delivery had met it."""
        waits = self.pulse.waits
        found = retry.verdict(error, _TRIED, Policy(scale=waits.scale), waits.random)
        return End(
            state=State.PENDING,
            outcome="reread",
            reason=found.reason,
            kind=found.kind,
            away=found.away,
            pause=found.pause,
            part=found.part,
            exchanges=tuple(exchanges),
            called=bool(exchanges) or found.pause,
        )

    def _tell(self, caller: Caller, end: End) -> None:
        """Whatever becomes of what it tells: the next call tells it again."""
        try:
            self.pulse.told(caller, end)
        except Exception:
            log.exception("inbox.not_felt")

    def _at(self, wait: timedelta) -> datetime:
        return self.pulse.clock.now() + wait * self.pulse.waits.scale

    def _left(self) -> float:
        return self.until - self.pulse.clock.monotonic()
