"""An event under the rules: facts are read, decided on, and what follows is owed, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bridge.canonical.event import NO_NEWS, Event
from bridge.ledger import store as ledger
from bridge.ledger.facts import Due, Facts, facts
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.alerting.ended import end_alerts
from bridge.pipeline.owing import Owing, Replay
from bridge.pipeline.syncing.engine import follow
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules import store
from bridge.rules.decision import Answer, Decision
from bridge.rules.engine import decide
from bridge.rules.ruleset import RuleSet


@dataclass(frozen=True, kw_only=True)
class Again:
    """What came of an event that was decided again. `rows` are what is owed that was not before."""

    decisions: Sequence[Decision]
    rows: Sequence[DeliveryRow]


def decide_event(
    work: Work,
    world: World,
    rules: RuleSet,
    event: Event,
    *,
    before: dict[str, Any] | None,
    message_id: str | None,
    now: datetime,
    due: Due | None = None,
) -> list[DeliveryRow]:
    """Decide a new event of this work; what it owes. The caller holds its subject's lock."""
    known = facts(work.known, event, before=before, now=now, due=due, rollings=rules.rollings)
    decisions = decide(event, known, rules, reasons=False)
    synced = follow(work, world, rules, event, message_id=message_id, now=now)
    matched = _matched((*decisions, *synced.decisions))
    work.ledger.decided(
        event,
        facts=known.as_json(),
        rule_version=rules.hash,
        considered=len(decisions) + len(synced.decisions),
        matched=matched,
    )
    for one in synced.decisions:
        world.metrics.decided(one.rule, one.answer.value)
    decided = (*decisions, *synced.decisions)
    work.decide(store.rows(event.id, decided, version=rules.hash, now=now))
    if matched == 0 and event.origin not in NO_NEWS:
        world.metrics.unmatched(event.kind)
    owing = Owing(work=work, world=world, rules=rules, event=event, message_id=message_id, now=now)
    end_alerts(work, world, rules, event, known, now=now)
    return [*_follow(owing, decisions), *synced.rows]


def decide_again(
    session: Session,
    world: World,
    rules: RuleSet,
    event: Event,
    known: Facts,
    *,
    message_id: str | None,
    now: datetime,
    only: frozenset[str] = frozenset(),
    replay: Replay | None = None,
) -> Again:
    """Decide a stored event under these rules with its stored facts; what came of it.

    `only`: rules to consider, all if empty. Without a replay what is owed already stays as it is,
    and only what was not is added.
    """
    decisions = [
        decision
        for decision in decide(event, known, rules, reasons=False)
        if not only or decision.rule in only
    ]
    owing = Owing(
        work=Work(session, world),
        world=world,
        rules=rules,
        event=event,
        message_id=message_id,
        now=now,
        again=True,
        replay=replay or Replay(),
    )
    decided = store.rows(
        event.id, decisions, version=rules.hash, replay_id=owing.replay.id, now=now
    )
    store.keep_again(session, event.id, decided, rules=sorted({one.rule for one in decisions}))
    rows = _follow(owing, decisions)
    owing.work.write()
    ledger.keep_matched(session, event.id, store.matched(session, event.id))
    return Again(decisions=decisions, rows=rows)


def _matched(decisions: Sequence[Decision]) -> int | None:
    """How many rules matched. `None` when none did and one could not be evaluated: it may have."""
    answers = [decision.answer for decision in decisions]
    if Answer.MATCHED not in answers and Answer.ERROR in answers:
        return None
    return answers.count(Answer.MATCHED)


def _follow(owing: Owing, decisions: Sequence[Decision]) -> list[DeliveryRow]:
    rows = []
    for decision in decisions:
        owing.world.metrics.decided(decision.rule, decision.answer.value)
        if decision.answer is Answer.ERROR:
            _alarm(owing, decision)
        rows += owing.owe(decision)
    return rows


def _alarm(owing: Owing, decision: Decision) -> None:
    owing.world.alarms.lower(
        owing.work.session,
        f"rule:{decision.rule}",
        kind="error",
        text=f"rule {decision.rule} cannot be evaluated: {decision.reason}",
        remedy="mend the rule, then activate it; the events are decided again by themselves",
        link=f"{owing.world.public_url}/api/v1/events/{owing.event.id}/explain",
        now=owing.now,
    )
