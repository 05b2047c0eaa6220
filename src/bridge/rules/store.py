"""All SQL of rule sets and decisions: which set is active, what was decided with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, func, select, text, update
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.canonical.ids import stable_id
from bridge.canonical.text import storable_json
from bridge.db import dialect, insert_into, insert_once, ring, table_of
from bridge.ledger.lock import lock_subjects
from bridge.rows import put
from bridge.rules.decision import Answer, Decision
from bridge.rules.tables import FAILED, ActivationRow, DecisionRow, RuleSetRow

Row = dict[str, Any]
_ACTIVATION = table_of(ActivationRow)
_ACTIVE = "bridge:rules:active"  # the name of a lock; no record has it
_NEWEST = select(_ACTIVATION.c.hash).order_by(_ACTIVATION.c.seq.desc()).limit(1)


def active_hash(session: Session) -> str | None:
    """The set every node decides with: the newest activation."""
    return session.scalar(_NEWEST)


def newest(session: Session) -> ActivationRow:
    """The activation that made the active set active. The caller knows that there is one."""
    return session.scalars(select(ActivationRow).order_by(ActivationRow.seq.desc()).limit(1)).one()


def activations_after(session: Session, seq: int) -> list[ActivationRow]:
    """Every activation since that one, in order."""
    query = select(ActivationRow).where(ActivationRow.seq > seq).order_by(ActivationRow.seq)
    return list(session.scalars(query))


def hold_active(session: Session) -> str | None:
    """As `active_hash`, and until this transaction ends nobody makes another set the active one."""
    lock_subjects(session, [_ACTIVE])
    return active_hash(session)


def files(session: Session, wanted: str) -> Mapping[str, str] | None:
    row = session.get(RuleSetRow, wanted)
    return row.files if row else None


def may_be_taken(session: Session, wanted: str) -> bool:
    """Whether start-up or a reload may activate this folder: only a set that was never there before."""
    return session.get(RuleSetRow, wanted) is None


def is_withdrawn(session: Session, wanted: str) -> bool:
    """Whether this set was rolled back, and nobody has activated it since."""
    row = session.get(RuleSetRow, wanted)
    return row is not None and row.withdrawn_at is not None


def activate(
    session: Session,
    wanted: str,
    files: Mapping[str, str],
    *,
    by: str,
    why: str,
    kind: str,
    changed: str = "",
    now: datetime,
) -> None:
    """Make a set the active one, for all nodes, from this transaction on.

    `changed`: in one line what it does differently from the one before.
    """
    row = {"hash": wanted, "files": dict(files), "created_at": now, "created_by": by}
    insert_once(session, RuleSetRow, [row], key="hash")
    taken = update(RuleSetRow).where(RuleSetRow.hash == wanted)
    session.execute(taken.values(withdrawn_at=None))
    session.add(ActivationRow(hash=wanted, at=now, by=by, why=why, kind=kind, changed=changed))
    session.flush()
    ring(session, CHORES)  # what could not be decided is decided again


def previous(session: Session) -> str | None:
    """The set that a roll-back would return to.

    Sets that were rolled back themselves are passed over, so a second step goes further back.
    """
    query = (
        select(ActivationRow.hash)
        .join(RuleSetRow, RuleSetRow.hash == ActivationRow.hash)
        .where(ActivationRow.hash != active_hash(session), RuleSetRow.withdrawn_at.is_(None))
        .order_by(ActivationRow.seq.desc())
        .limit(1)
    )
    return session.scalar(query)


def roll_back(
    session: Session, *, by: str, why: str, changed: str = "", now: datetime
) -> str | None:
    """Return to the set before the active one; its hash, or `None` if there is none before."""
    current, earlier = active_hash(session), previous(session)
    if earlier is None or current is None:
        return None
    gone = update(RuleSetRow).where(RuleSetRow.hash == current)
    session.execute(gone.values(withdrawn_at=now))
    session.add(
        ActivationRow(hash=earlier, at=now, by=by, why=why, kind="rollback", changed=changed)
    )
    session.flush()
    ring(session, CHORES)
    return earlier


def history() -> Select[ActivationRow]:
    return select(ActivationRow).order_by(ActivationRow.seq.desc())


def rows(
    event_id: str,
    decisions: Sequence[Decision],
    *,
    version: str,
    replay_id: str = "",
    now: datetime,
) -> list[Row]:
    """The decisions that matched or failed, as they are kept, in the order of their ids."""
    kept = {
        stable_id("dec", event_id, decision.rule, decision.target, version, replay_id): decision
        for decision in decisions
        if decision.answer is not Answer.NO_MATCH
    }
    return [
        {
            "id": one,
            "event_id": event_id,
            "rule": kept[one].rule,
            "rule_version": version,
            "target": kept[one].target,
            "answer": kept[one].answer,
            "reason": kept[one].reason,
            "detail": storable_json(kept[one].detail),
            "mended": False,
            "decided_at": now,
        }
        for one in sorted(kept)
    ]


def add(session: Session, decided: Sequence[Row]) -> None:
    """Keep decisions in the order given, but those that were kept before."""
    unique = list({row["id"]: row for row in decided}.values())
    if unique:
        put(session, _keep(dialect(session)), unique)


def keep_again(
    session: Session, event_id: str, decided: Sequence[Row], *, rules: Sequence[str]
) -> None:
    """Keep what was decided again; mark earlier errors of these rules as mended."""
    mend(session, event_id, rules)
    add(session, decided)
    failed_now = [row["id"] for row in decided if row["answer"] is Answer.ERROR]
    if failed_now:  # the same set may have failed on it before, and been mended by another
        open_again = update(DecisionRow).where(DecisionRow.id.in_(failed_now))
        at = decided[0]["decided_at"]
        session.execute(open_again.values(mended=False, decided_at=at))


def matched(session: Session, event_id: str) -> int | None:
    """How many rules an event has met, each for each target once. `None`: one may have, and failed."""
    rows = decisions_of(session, event_id)
    met = {(row.rule, row.target) for row in rows if row.answer == Answer.MATCHED}
    failed = any(row.answer == Answer.ERROR and not row.mended for row in rows)
    return None if failed and not met else len(met)


def decisions_of(session: Session, event_id: str) -> list[DecisionRow]:
    query = select(DecisionRow).where(DecisionRow.event_id == event_id)
    return list(session.scalars(query.order_by(DecisionRow.seq)))


def errors(session: Session) -> int:
    """Decisions that failed and were not decided again since."""
    query = select(func.count()).select_from(DecisionRow)
    return session.scalar(query.where(text(FAILED), DecisionRow.mended.is_(False))) or 0


def failed(session: Session, *, version: str, limit: int) -> list[str]:
    """Events whose decision failed under another version than this one: to be decided again."""
    query = (
        select(DecisionRow.event_id)
        .where(
            text(FAILED),
            DecisionRow.mended.is_(False),
            DecisionRow.rule_version != version,
        )
        .order_by(DecisionRow.seq)
        .limit(limit)
    )
    return list(dict.fromkeys(session.scalars(query)))


def mend(session: Session, event_id: str, rules: Sequence[str]) -> None:
    """Mark the errors of these rules about an event as decided again since."""
    mended = update(DecisionRow).where(
        DecisionRow.event_id == event_id,
        DecisionRow.rule.in_(rules),
        DecisionRow.answer == Answer.ERROR,
    )
    session.execute(mended.values(mended=True))


@cache
def _keep(dialect: str) -> Insert:
    """Says nothing of what was new: on PostgreSQL that takes twice the time, for many rows."""
    return insert_into(dialect, DecisionRow).on_conflict_do_nothing()
