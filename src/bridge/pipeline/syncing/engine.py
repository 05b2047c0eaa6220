"""After an event of a linked record, or the end of a write to one: each pair of its fields is judged.

What agrees is remembered. What does not is owed to the end that is behind, once: a delivery that is
on its way to that end already takes along what stands here when it goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.canonical.event import Act, Event, Origin
from bridge.outbox import store
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.syncing import conflicts
from bridge.pipeline.syncing.owing import Cause, Owing, names_of, values_of
from bridge.pipeline.syncing.strangers import strangers
from bridge.pipeline.syncing.tie import Tie, ties
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End, Verdict
from bridge.rules.decision import Answer, Decision
from bridge.rules.judged import Judged
from bridge.rules.ruleset import RuleSet

_ACTS = frozenset({Act.CREATED.value, Act.UPDATED.value, "linked"})


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What the syncs said to one event, and what they owe for it."""

    decisions: tuple[Decision, ...] = ()
    rows: list[DeliveryRow] = field(default_factory=list)


def follow(
    work: Work, world: World, rules: RuleSet, event: Event, *, message_id: str | None, now: datetime
) -> Followed:
    """Bring the links of an event's subject in step. The caller holds the locks of both ends.

    What was there before Bridge came, and what a newer state has overtaken, moves nothing.
    """
    if event.stale or not moves(event):
        return Followed()
    owing = Owing(world=world, rules=rules, cause=Cause.of(event, message_id), now=now)
    found = [bring_in_step(owing, tie) for tie in ties(work, rules, str(event.subject))]
    return Followed(
        decisions=tuple(decision for one in found for decision in one.decisions),
        rows=[row for one in found for row in one.rows],
    )


def moves(event: Event) -> bool:
    """Whether such an event is one that syncs follow."""
    return event.origin is not Origin.BACKFILL and event.act in _ACTS


def bring_in_step(owing: Owing, tie: Tie) -> Followed:
    """Judge one link, remember what agrees, ask what is to be asked, and owe what is behind."""
    stopped = tie.stopped
    if stopped is not None:
        said = f"stopped at {tie.connection(stopped)}: neither end is written"
        return Followed(decisions=(_decision(tie, said),))
    judged = tie.judge()
    going = under_way(tie, judged)
    free = [one for one in judged if not going.is_written(tie, one)]
    for one in free:
        if one.judgement.remember:
            values = {end: side.value for end, side in one.sides.items()}
            tie.remember(one.pair, values, now=owing.now)
    conflicts.follow(owing, tie, free)
    tie.work.meet(strangers(tie, free, event_id=owing.cause.event_id))
    due = [one for one in free if one.end and not going.is_owed(tie, one)]
    rows = owing.owe(tie, due)
    said = _said(tie, free, due)
    return Followed(decisions=(_decision(tie, said),) if said else (), rows=rows)


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """Deliveries of the sync to the ends of a link that are not over, and those that are dead."""

    rows: Sequence[DeliveryRow] = ()

    def is_written(self, tie: Tie, one: Judged) -> bool:
        """At this moment, at one of the two ends: its end will tell more."""
        places = {(str(tie.ref(end)), one.pair.slot(end).sets) for end in End}
        return any(
            row.state == State.IN_FLIGHT
            and places & {(row.target_ref, name) for name in names_of(row)}
            for row in self.rows
        )

    def is_owed(self, tie: Tie, one: Judged) -> bool:
        """It goes with what is on its way; or this very value was refused, and waits for a person."""
        assert one.end is not None
        name = one.pair.slot(one.end).sets
        there = [row for row in self.rows if row.target_ref == str(tie.ref(one.end))]
        values = [(row.state, values_of(row)) for row in there]
        return any(
            name in given and (state != State.DEAD or given[name] == one.given)
            for state, given in values
        )


def under_way(tie: Tie, judged: Sequence[Judged]) -> UnderWay:
    """What is owed to the two ends of a link already."""
    if all(one.verdict is Verdict.IN_STEP for one in judged):
        return UnderWay()
    known = {row.id: row for row in store.left_at(tie.work.session, tie.link.id)}
    known |= {row.id: row for row in tie.work.owed_for(tie.link.id)}
    mine = (row for row in known.values() if row.rule == tie.sync.rule)
    return UnderWay(rows=[row for row in mine if not conflicts.is_one(row)])


def _said(tie: Tie, judged: Sequence[Judged], due: Sequence[Judged]) -> str:
    """What is written, asked or left alone, and why, in words without a value."""
    told = []
    for one in judged:
        why = tie.words(one.judgement.reason)
        if one.end is not None:
            to = tie.connection(one.end)
            later = "" if one in due else ", with what is on its way there already"
            told.append(f"{one.pair.name} to {to}{later}: {why}")
        elif one.verdict in (Verdict.CONFLICT, Verdict.STUCK):
            told.append(f"{one.pair.name}: {why}")
    return "; ".join(told)


def _decision(tie: Tie, reason: str) -> Decision:
    return Decision(rule=tie.sync.rule, answer=Answer.MATCHED, reason=reason, target=tie.link.id)
