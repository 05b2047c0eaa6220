"""What an earlier try may have done already, or somebody before the database was restored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bridge.clock import Clock
from bridge.connectors.action import Action, Repeat
from bridge.connectors.connected import Connected
from bridge.db import Database
from bridge.outbox import restore, retry
from bridge.outbox.claims import Claimed, End
from bridge.outbox.ends import not_called, of_verdict, success
from bridge.outbox.restore import Gap
from bridge.outbox.retry import Policy, Tried
from bridge.outbox.tables import DeliveryRow, State


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """Of one claim. `lease_short`: the end of a try whose claim is over too soon for a call."""

    database: Database
    clock: Clock
    connected: Connected
    policy: Policy
    gap: Gap | None  # of a restore, while it is watched
    claimed: Claimed
    lease_short: Callable[[], End | None]

    def found(self, action: Action[Any]) -> End | None:
        """How the try ends, because of what may have happened. `None`: it is new."""
        return self._rescue(action) or self._after_restore(action) or self._look(action)

    @property
    def watched(self) -> bool:
        """Whether a restore was so lately that what went before it is looked for."""
        return self.gap is not None and self.clock.now() < self.gap.watched_until

    def _look(self, action: Action[Any]) -> End | None:
        """Whether an earlier try did it after all. `None`: it did not, or nobody can tell."""
        if not self.claimed.delivery.find_first or action.repeat is not Repeat.FINDABLE:
            return None
        short = self.lease_short()
        if short:
            return short
        found = action.find(self.connected.client, self.claimed.delivery.write_key)
        if found:
            return success(found, found_again=True)
        again = retry.not_found(tried(self.claimed.delivery, action), self.policy)
        return of_verdict(again, outcome="not_found") if again else None

    def _rescue(self, action: Action[Any]) -> End | None:
        """Whether another worker began this and did not finish: then it may have happened.

        Finds that were made before that say nothing about it, so they count from the start again.
        """
        if not self.claimed.rescued or action.repeat is Repeat.SAFE:
            return None
        if action.repeat is Repeat.FINDABLE:
            wait = self.policy.seconds(self.connected.settings.deadline + action.settle)
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
        if self.claimed.delivery.ambiguous == "repeat":
            self.claimed.delivery.uncertain = True
            return None
        return End(
            state=State.ACCEPTED,
            outcome="rescued",
            called=False,
            uncertain=True,
            kind="ambiguous",
            reason="a worker died while sending; it may have been posted, and is not repeated",
        )

    def _after_restore(self, action: Action[Any]) -> End | None:
        """It may have happened between the backup and the restore: look, or say that it is doubtful."""
        if self.gap is None or not self.watched:
            return None
        match action.repeat:
            case Repeat.SAFE:
                return None
            case Repeat.FINDABLE:
                return self._look_into(self.gap, action)
            case Repeat.UNSAFE:
                return self._doubt(self.gap)

    def _look_into(self, gap: Gap, action: Action[Any]) -> End | None:
        ready = gap.until + self.policy.seconds(action.settle)
        if self.clock.now() < ready:
            wait = ready - self.clock.now()
            reason = "after a restore: looked for once the vendor's search is up to date"
            return not_called(self.claimed.delivery, "after_restore", reason, wait=wait)
        short = self.lease_short()
        if short:
            return short
        found = action.find(self.connected.client, self.claimed.delivery.write_key)
        return success(found, found_again=True) if found else None

    def _doubt(self, gap: Gap) -> End | None:
        with self.database.reading() as session:
            if not restore.doubtful(session, gap, self.claimed.delivery):
                return None
        if self.claimed.delivery.ambiguous == "repeat":
            self.claimed.delivery.uncertain = True
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


def tried(
    delivery: DeliveryRow,
    action: type[Action[Any]] | Action[Any] | None,
    *,
    called: bool = True,
    probe: bool = False,
) -> Tried:
    """What is known of a delivery when a try of it has ended."""
    return Tried(
        repeat=action.repeat if action else Repeat.SAFE,
        settle=action.settle if action else 0.0,
        tries=delivery.tries + (not probe),
        probe=probe,
        find_first=delivery.find_first,
        misses=delivery.misses,
        called=called,
        ambiguous=delivery.ambiguous,
        uncertain=delivery.uncertain,
    )
