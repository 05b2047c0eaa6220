"""The repair of what an audit found: both records are read again, and what their syncs say is owed.

Nothing of what the audit saw is written: what agrees by now stays, and what is owed goes as any other
delivery does, under the caps of its sync, and judged once more before it goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.errors import PermanentError
from bridge.ledger import links as all_links
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.tables import DriftRow, LinkRow
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.adoption.finding import Ask
from bridge.pipeline.drift import store
from bridge.pipeline.syncing.fresh import look_again
from bridge.pipeline.syncing.mending import mend
from bridge.pipeline.syncing.owing import Cause, Owing
from bridge.pipeline.syncing.tie import Tie, of_link
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import Verdict
from bridge.rules.ruleset import RuleSet

OWED, ASKED, IN_STEP, STOPPED, GONE = "owed", "asked", "in_step", "stopped", "gone"


@dataclass(frozen=True, kw_only=True)
class Repairing:
    """One step of a repair. `ask`: how systems are asked."""

    world: World
    rules: RuleSet
    ask: Ask

    def look_again(self, ref: Ref) -> None:
        """What a record shows now is news like any other: rules and syncs hear of it."""
        connected = self.world.connections[ref.connection]
        try:
            self.ask(
                connected, lambda: look_again(self.world, connected, self.rules, {str(ref): None})
            )
        except PermanentError:
            return  # it cannot be read: what is known of it counts

    def bring_in_step(
        self, session: Session, row: DriftRow, links: Sequence[str]
    ) -> Mapping[str, str]:
        """Owe what these links lack; what came of each, by id."""
        known = all_links.by_id(session, links)
        refs = {ref for one in known.values() for ref in (one.left_ref, one.right_ref) if ref}
        work = Work(session, self.world, locked=lock_with_linked(session, refs))
        now = self.world.clock.now()
        found = {
            link: self._bring(work, row, known[link], now) if link in known else GONE
            for link in links
        }
        work.write()
        return found

    def _bring(self, work: Work, row: DriftRow, link: LinkRow, now: datetime) -> str:
        ties = list(of_link(work, self.rules, link))
        going = [tie for tie in ties if tie.stopped is None]
        if not going:
            return STOPPED if ties else GONE
        owed = [one for tie in going for one in self._owe(work, row, tie, now)]
        if owed:
            return OWED
        if any(one.verdict is Verdict.CONFLICT for tie in going for one in tie.judge()):
            return ASKED
        # What was lost is owed since it was looked at again, or written already.
        return OWED if store.busy(work.session, [link]) else IN_STEP

    def _owe(self, work: Work, row: DriftRow, tie: Tie, now: datetime) -> list[DeliveryRow]:
        cause = Cause(
            event_id=None,
            subject=tie.link.left_ref,
            customer=work.known.records([tie.link.left_ref])[tie.link.left_ref].customer,
            origin="manual",
            occurred_at=now,
            message_id=None,
            again=f"{row.id}:{tie.link.id}",
        )
        owing = Owing(world=self.world, rules=self.rules, cause=cause, now=now)
        return mend(owing, tie, by=row.id).rows
