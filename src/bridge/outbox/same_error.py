"""The same permanent error at record after record from one rule: the rest of its group waits in a hold.

A group is what one rule asks of one connection by one action. One success of it, be it a person's
replay or the one that is tried now and then, lets all of it go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bridge.canonical.quoted import unquoted
from bridge.outbox import hold as holds
from bridge.outbox import ordering, store, wild
from bridge.outbox.cause import shape
from bridge.outbox.tables import DEAD, GOOD, DeliveryRow, HoldRow, State, spelled

KIND = "same_error"
TIMES = 5
WITHIN = timedelta(minutes=10)
PARKED = timedelta(minutes=2)  # one that must stay in the way of its key is looked at again
LOOK_SECONDS = 1.0  # how old the list of open holds may be that a node goes by
BY = "Bridge"


def group(row: DeliveryRow) -> str:
    """What a hold of this kind is about."""
    return f"{row.connection}|{row.rule}|{row.action}"


@dataclass(kw_only=True)
class Held:
    """What one node knows: the open holds by group or rule, and when a group last had a success here.

    Of a rule that goes wild, all is held: `wild.py`.
    """

    holds: dict[str, str] = field(default_factory=dict)
    lived: dict[str, datetime] = field(default_factory=dict)
    _looked: float | None = None  # monotonic seconds

    def look(self, session: Session, *, monotonic: float) -> None:
        """Read the open holds anew, unless that was done a moment ago."""
        if self._looked is not None and monotonic - self._looked < LOOK_SECONDS:
            return
        self._looked = monotonic
        query = select(HoldRow.about, HoldRow.id).where(HoldRow.kind.in_((KIND, wild.KIND)))
        found = session.execute(query.where(HoldRow.state == holds.OPEN))
        self.holds = {row[0]: row[1] for row in found}

    def of(self, row: DeliveryRow) -> str | None:
        """The hold that this one has to go into. `None`: it may go out.

        A person's replay may, and so may the one that is tried: it is pending with a hold's id.
        """
        return None if row.replay_id or row.hold_id else self.holds.get(group(row))

    def of_rule(self, row: DeliveryRow) -> str | None:
        """The same of the hold of its rule."""
        return None if row.replay_id or row.hold_id else self.holds.get(row.rule)


def still_open(session: Session, ids: Sequence[str]) -> set[str]:
    """Which of these holds are open, and stay so until this transaction ends."""
    query = select(HoldRow.id).where(HoldRow.id.in_(sorted(set(ids))), HoldRow.state == holds.OPEN)
    return set(session.scalars(query.order_by(HoldRow.id).with_for_update(read=True)))


def open_if_again(
    session: Session, held: Held, row: DeliveryRow, *, now: datetime
) -> HoldRow | None:
    """Hold the group of this dead one, if its error came often enough. `None`: it did not."""
    about = group(row)
    since = max(now - WITHIN, held.lived.get(about, now - WITHIN), _decided(session, about, now))
    if _times(session, row, since=since) < TIMES:
        return None
    reason = f"{TIMES} times in {WITHIN.seconds // 60} minutes: {unquoted(row.reason, row.args)}"
    opened = holds.open_hold(
        session,
        KIND,
        about,
        reason=reason,
        connection=row.connection,
        rule=row.rule,
        now=now,
    )
    held.holds[about] = opened.id
    return opened


def let_go(session: Session, held: Held, about: str, *, now: datetime) -> HoldRow | None:
    """One of the group went well: all may go. `None`: the hold was decided already."""
    hold = holds.one(session, held.holds.pop(about))
    if hold is None or hold.state != holds.OPEN:
        return None
    holds.release(session, hold, by=BY, why="one of them went well", now=now)
    return hold


def try_one(session: Session, hold_id: str, *, now: datetime) -> bool:
    """Let the oldest of a hold's group out, to see whether it goes by now. False: there is none."""
    hold = holds.one(session, hold_id)
    if hold is None or hold.state != holds.OPEN:
        return False
    query = select(DeliveryRow).where(
        DeliveryRow.connection == hold.connection,
        DeliveryRow.rule == hold.rule,
        DeliveryRow.action == hold.about.rpartition("|")[2],
        or_(
            DeliveryRow.state.in_([State.PENDING, State.IN_FLIGHT]),
            (DeliveryRow.state == State.HELD) & (DeliveryRow.hold_id == hold_id),
        ),
    )
    first = session.scalars(query.order_by(DeliveryRow.seq).limit(1)).first()
    for row in store.locked(session, [first]) if first else ():
        if row.state not in {State.HELD, State.PENDING}:
            return False
        row.state, row.hold_id, row.not_before = State.PENDING, hold_id, now
        ordering.call_up(session, [row])
    return first is not None


def open_holds(session: Session) -> list[str]:
    query = select(HoldRow.id).where(HoldRow.kind == KIND, HoldRow.state == holds.OPEN)
    return list(session.scalars(query.order_by(HoldRow.seq)))


def counts(row: DeliveryRow) -> bool:
    """Whether this end may be one of several: refused for good, and not by ourselves."""
    dead = row.state == State.DEAD and row.error_kind == "permanent"
    return dead and row.error_code != "kills_the_process"


def went_well(row: DeliveryRow) -> bool:
    return row.state in GOOD


def _times(session: Session, row: DeliveryRow, *, since: datetime) -> int:
    """At how many records something died of this since then: one in the bin refuses all it is sent.

    The vendor's code is not enough: a 400 may be anything.
    """
    record = func.coalesce(DeliveryRow.target_ref, DeliveryRow.id)
    query = select(record, DeliveryRow.reason).where(
        spelled(DEAD),
        DeliveryRow.rule == row.rule,
        DeliveryRow.connection == row.connection,
        DeliveryRow.error_group == row.error_group,
        DeliveryRow.finished_at > since,
    )
    newest = func.max(DeliveryRow.finished_at).desc()
    recent = query.group_by(record, DeliveryRow.reason).order_by(newest).limit(10 * TIMES)
    mine = shape(row.reason)
    return len({one for one, reason in session.execute(recent) if shape(reason) == mine})


def _decided(session: Session, about: str, now: datetime) -> datetime:
    """When a person last let this group go or dropped it; what died before is dealt with."""
    query = select(HoldRow.decided_at).where(HoldRow.about == about, HoldRow.kind == KIND)
    last = session.scalars(query.order_by(HoldRow.seq.desc()).limit(1)).first()
    return last or now - WITHIN
