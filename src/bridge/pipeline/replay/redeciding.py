"""Modes `redecide` and `then`: a stored event is decided once more, with the facts of then.

The plan does it for real and takes it back: so it says what a run would do, to the letter.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.connectors.action import Repeat
from bridge.errors import RuleError
from bridge.ledger import links
from bridge.ledger import store as ledger
from bridge.ledger.facts import Facts
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.tables import EventRow
from bridge.outbox.tables import GOOD, DeliveryRow, State
from bridge.pipeline.deciding import Again, decide_again
from bridge.pipeline.owing import Replay
from bridge.pipeline.replay.following import of_rows
from bridge.pipeline.replay.judging import Will, part_of
from bridge.pipeline.replay.resyncing import resync
from bridge.pipeline.replay.wish import ReplayMode
from bridge.pipeline.world import Alarms, World
from bridge.replays.tables import ReplayItemRow, ReplayRow
from bridge.rules.ruleset import RuleSet

BEFORE = 20  # earlier events of the same record that are decided first, on trial


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What an event owes by it: a line for each delivery, in the order of their steps."""

    will: Will
    note: str = ""
    owed: Sequence[Mapping[str, Any]] = ()
    rows: Sequence[DeliveryRow] = ()  # as they are owed, while that is on trial
    follows: Sequence[str] = ()  # connections of the records that will be written back to


class Unknown(RuleError):
    """The set that first decided an event cannot be loaded any more."""


def redecide(
    session: Session, world: World, run: ReplayRow, stored: EventRow | None, *, now: datetime
) -> Decided:
    """A stored event under today's rules, or those of then; what succeeded is not repeated. Syncs judge
    its record anew."""
    if stored is None:
        return Decided(will=Will.GONE, note="the event is not kept any more")
    if not stored.facts:
        return Decided(will=Will.NO_FACTS, note="what it was decided with is not kept any more")
    if run.mode == ReplayMode.THEN and not stored.rule_version:
        return Decided(will=Will.UNDECIDED, note="no rules have decided it yet")
    try:
        rules = rules_of(session, world, run, stored)
    except Unknown as error:
        return Decided(will=Will.NO_RULES, note=str(error))
    lock_with_linked(session, [stored.subject])
    event = ledger.as_event(stored)
    again = decide_again(
        session,
        world,
        rules,
        event,
        Facts.from_json(stored.facts),
        message_id=stored.message_id,
        replay=_replay(run),
        now=now,
    )
    synced = resync(session, world, event, replay_id=run.id, message_id=stored.message_id, now=now)
    lines = (*_lines(world, again), *(_line(world, row) for row in synced))
    owed = sorted(lines, key=lambda one: (one["rule"], one["step"], one["target"]))
    rows = (*again.rows, *synced)
    return Decided(will=Will.DECIDE if owed else Will.NOTHING, owed=owed, rows=rows)


def rehearse(
    session: Session, world: World, run: ReplayRow, stored: EventRow, *, now: datetime
) -> Decided:
    """The same, and all of it is taken back.

    What the replay decides before it of the same record comes first: they may need one link. Where
    there are syncs so does what is linked with it: two events bring the same pair in step, and the first
    owes what is written.
    """
    quiet = replace(world, metrics=_Uncounted(), alarms=_SILENT)
    session.flush()
    with Session(session.connection(), join_transaction_mode="create_savepoint") as trial:
        for earlier in _earlier(trial, world, run, stored):
            redecide(trial, quiet, run, earlier, now=now)
        it = redecide(trial, quiet, run, stored, now=now)
        new_key = bool(run.options.get("new_write_key"))
        return replace(it, follows=of_rows(trial, quiet, it.rows, new_key=new_key), rows=())


def rules_of(session: Session, world: World, run: ReplayRow, stored: EventRow) -> RuleSet:
    """The active set, or the one that first decided it. Raises Unknown."""
    if run.mode != ReplayMode.THEN:
        return world.sets.active(session)
    wanted = stored.rule_version or ""
    try:
        return world.sets.by_hash(session, wanted)
    except RuleError as error:
        text = f"the rules that decided it, {wanted[:12]}, cannot be loaded any more"
        raise Unknown(text) from error


def same(planned: Any, came: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it owes what was planned."""
    return [dict(one) for one in planned or ()] == [dict(one) for one in came]


def _earlier(session: Session, world: World, run: ReplayRow, stored: EventRow) -> list[EventRow]:
    query = (
        select(EventRow)
        .join(ReplayItemRow, ReplayItemRow.number == EventRow.seq)
        .where(
            ReplayItemRow.replay_id == run.id,
            EventRow.subject.in_(sorted(_together(session, world, stored.subject))),
            EventRow.seq < stored.seq,
        )
        .order_by(EventRow.seq.desc())
        .limit(BEFORE)
    )
    return list(reversed(session.scalars(query).all()))


def _together(session: Session, world: World, subject: str) -> set[str]:
    """The records whose events bring about the same."""
    if not world.sets.active(session).syncs:
        return {subject}
    found = links.of(session, subject)
    return {subject, *(ref for one in found for ref in (one.left_ref, one.right_ref) if ref)}


def _replay(run: ReplayRow) -> Replay:
    return Replay(
        id=run.id,
        force=bool(run.options.get("force")),
        new_write_key=bool(run.options.get("new_write_key")),
    )


def _lines(world: World, again: Again) -> Iterator[dict[str, Any]]:
    """Names and numbers alone: a plan holds nobody's words."""
    for row in again.rows:
        yield _line(world, row)
    for decision in again.decisions:
        for ask in decision.asks:
            if ask.route is not None:
                names = {"rule": decision.rule, "step": ask.step, "target": decision.target}
                yield names | {"connection": "", "action": ask.action, "comes": "alert"}


def _line(world: World, row: DeliveryRow) -> dict[str, Any]:
    kind = world.actions.get(row.action)
    repeat = kind.repeat if kind is not None and row.find_first else Repeat.SAFE
    return {
        "rule": row.rule,
        "step": row.step,
        "target": row.target,
        "connection": row.connection,
        "action": row.action,
        "comes": _comes(row),
        "part": part_of(row, world.actions),
        "twice": repeat is Repeat.UNSAFE,
        "looks": repeat is Repeat.FINDABLE,
    }


def _comes(row: DeliveryRow) -> str:
    """Without what changes while the replay itself goes on: a record it makes is there by then."""
    if row.state in {State.PENDING, State.WAITING}:
        return "goes"
    return "answered" if row.state in GOOD else str(row.state)


class _Uncounted:
    """Counts nothing: what is taken back was never."""

    def decided(self, rule: str, answer: str) -> None: ...
    def recorded(self, kind: str, origin: str) -> None: ...
    def unmatched(self, kind: str) -> None: ...
    def delivered(self, connection: str, state: str) -> None: ...
    def alerted(self, rule: str, outcome: str, count: int = 1) -> None: ...


_SILENT = Alarms(lower=lambda *_, **__: None, lift=lambda *_, **__: None)
