"""A write is judged anew before it goes: what was true when it was owed may not be by now.

It takes along the values of this moment, leaves out what agrees already or was decided otherwise, and
does not go at all if nothing is left. Its record is read again first where that may matter: where a
newer edit there would count, or where the write is late. Of both, no message may have told yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from bridge.connectors.connected import Connected
from bridge.errors import RuleError
from bridge.outbox.claims import Claimed, End
from bridge.outbox.ends import not_called
from bridge.outbox.still import Anew
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.syncing.ended import FROM, end_of, tie_of
from bridge.pipeline.syncing.fresh import look_again
from bridge.pipeline.syncing.owing import action, names_of
from bridge.pipeline.syncing.shadows import trace
from bridge.pipeline.syncing.tie import Tie
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End as Side
from bridge.rules.agree import Owner
from bridge.rules.judged import Judged
from bridge.rules.ruleset import RuleSet
from bridge.rules.sync import is_sync

LATE = timedelta(seconds=10)  # after its event: by then the other end's news may be on the way too
OUTCOME = "in_step"


@dataclass(frozen=True)
class Judge:
    """Judges the deliveries of syncs for one node."""

    world: World

    def concerns(self, row: DeliveryRow) -> bool:
        return is_sync(row.rule)

    def look(self, claims: Sequence[Claimed], connected: Connected) -> None:
        """Read what they would write to, where that may matter, in one call."""
        try:
            with self.world.database.reading() as session:
                rules = self.world.sets.active(session)
        except RuleError:
            return  # no mappings can be loaded: that it cannot be judged is said then
        rows = [
            one.delivery
            for one in claims
            if _is_late(self.world, one) or _may_be_edited(rules, one.delivery)
        ]
        told = {row.target_ref: row.message_id for row in rows if row.target_ref}
        look_again(self.world, connected, rules, told)

    def judge(self, claimed: Claimed) -> End | Anew:
        with self.world.database.reading() as session:
            return _judged(session, self.world, claimed.delivery)


def _may_be_edited(rules: RuleSet, row: DeliveryRow) -> bool:
    """Whether it sets a field for which an edit there counts as well, not its owner's word alone."""
    names, owned = names_of(row), (Owner.LEFT, Owner.RIGHT)
    return any(
        pair.slot(end).sets in names and pair.owner not in owned
        for sync in rules.syncs
        if sync.rule == row.rule
        for pair in sync.pairs
        for end in Side
        if pair.slot(end).kind == row.action
    )


def _is_late(world: World, claimed: Claimed) -> bool:
    """Also one that was tried, replayed or held: nobody knows what has happened meanwhile."""
    row = claimed.delivery
    again = row.tries or row.claims > 1 or row.replay_id or row.hold_id or claimed.behind
    return bool(again) or world.clock.now() - row.occurred_at > LATE * world.scale


def _judged(session: Session, world: World, row: DeliveryRow) -> End | Anew:
    try:
        rules = world.sets.active(session)
    except RuleError as error:
        return not_called(row, "no_mappings", str(error), wait=LATE * world.scale)
    tie = tie_of(Work(session, world), rules, row)
    end = end_of(tie, row) if tie is not None else None
    if tie is None or end is None:
        return _nothing("the two are in this sync no more")
    if tie.stopped is not None:
        return _nothing(f"stopped at {tie.connection(tie.stopped)}: neither end is written")
    wanted = [one for one in tie.judge() if _is_its(one, end, row)]
    due = [one for one in wanted if one.end is end]
    if not due:
        return _nothing(_why(tie, wanted))
    told = {one.pair.name: trace(one.sides[end.other].value) for one in due}
    return Anew(action=action(tie, end, due), told={FROM: told})


def _is_its(one: Judged, end: Side, row: DeliveryRow) -> bool:
    slot = one.pair.slot(end)
    return slot.kind == row.action and slot.sets in names_of(row)


def _why(tie: Tie, judged: Sequence[Judged]) -> str:
    told = (f"{one.pair.name}: {tie.words(one.judgement.reason)}" for one in judged)
    return f"nothing was sent; {'; '.join(told) or 'these fields are in the sync no more'}"


def _nothing(reason: str) -> End:
    return End(
        state=State.UNCHANGED, outcome=OUTCOME, called=False, spends_try=False, reason=reason
    )
