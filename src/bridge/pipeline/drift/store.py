"""All SQL of audits: which links come next, what was found, and the lease of who works on one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, or_, select
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.canonical.ids import random_id
from bridge.canonical.text import cut, storable
from bridge.db import ring
from bridge.ledger.tables import MIRRORS, DifferenceRow, DriftRow, LinkRow, LinkState
from bridge.outbox.tables import LINKED, DeliveryRow, State, spelled
from bridge.pipeline.drift.found import Cause, Difference, Outcome
from bridge.rules.sync import Sync

COMPARING, REPAIRING = "comparing", "repairing"
WORKING = (COMPARING, REPAIRING)
CLOCK = "Bridge (clock)"  # no key can have this name
MAX_REASON = 500
_UNDER_WAY = (State.WAITING, State.PENDING, State.HELD, State.IN_FLIGHT)


def begin(
    session: Session, *, principal: str, why: str, sample: int | None, now: datetime
) -> DriftRow:
    """A new audit, for whoever works next. Ids of links are hashes: those that follow any one of
    them are a fair sample."""
    begins = random_id("lnk") if sample is not None else ""
    row = DriftRow(
        id=random_id("drf"),
        principal=principal,
        why=why,
        state=COMPARING,
        problem="",
        sample=sample,
        begins=begins,
        cursor=begins,
        rounds=0,
        counts={},
        not_before=now,
        begun_at=now,
    )
    session.add(row)
    session.flush()
    ring(session, CHORES)
    return row


def waiting(session: Session, *, now: datetime) -> bool:
    """Whether some audit has work left that may be done now."""
    query = select(DriftRow.seq).where(DriftRow.state.in_(WORKING), DriftRow.not_before <= now)
    return session.scalar(query.limit(1)) is not None


def lease(session: Session, *, now: datetime, until: datetime) -> DriftRow | None:
    """An audit that has work left, for this node alone until then."""
    query = (
        select(DriftRow)
        .where(DriftRow.state.in_(WORKING), DriftRow.not_before <= now)
        .order_by(DriftRow.seq)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).first()
    if found is not None:
        found.not_before = until
    return found


def still(session: Session, leased: DriftRow) -> DriftRow | None:
    """The row, locked, if it stands where it stood; `None` when somebody else went on with it."""
    row = session.get(DriftRow, leased.seq, with_for_update=True, populate_existing=True)
    if row is None:
        return None
    was = (leased.state, leased.cursor, leased.rounds)
    return row if (row.state, row.cursor, row.rounds) == was else None


def one(session: Session, drift_id: str, *, locked: bool = False) -> DriftRow | None:
    query = select(DriftRow).where(DriftRow.id == drift_id)
    return session.scalars(query.with_for_update() if locked else query).first()


def repair(row: DriftRow, *, now: datetime) -> None:
    """From its first difference on, by whoever works next."""
    row.state, row.cursor, row.not_before = REPAIRING, "", now


def working(session: Session) -> DriftRow | None:
    """The audit that is under way, if one is."""
    return session.scalars(select(DriftRow).where(DriftRow.state.in_(WORKING)).limit(1)).first()


def newest(session: Session) -> DriftRow | None:
    """The last one whose comparison has come to its end."""
    query = select(DriftRow).where(DriftRow.ended_at.is_not(None), DriftRow.state != "failed")
    return session.scalars(query.order_by(DriftRow.seq.desc()).limit(1)).first()


def agree(session: Session) -> float | None:
    """The share of the newest audit that could compare something."""
    row = newest(session)
    return None if row is None else share(row.counts)


def next_links(
    session: Session, row: DriftRow, syncs: Collection[Sync], *, limit: int
) -> list[LinkRow]:
    """The links behind where the audit has come to, in the order of their ids."""
    query = select(LinkRow).where(
        LinkRow.state == LinkState.LIVE, in_syncs(syncs), LinkRow.id > row.cursor
    )
    if row.rounds:
        query = query.where(LinkRow.id <= row.begins)
    return list(session.scalars(query.order_by(LinkRow.id).limit(limit)))


def in_syncs(syncs: Collection[Sync]) -> ColumnElement[bool]:
    """Whether a link is one of these syncs', by its role or relation."""
    roles = sorted({role for sync in syncs for role in sync.roles})
    wanted: list[ColumnElement[bool]] = [LinkRow.role.in_(roles)]
    if any(not sync.roles for sync in syncs):
        wanted.append(LinkRow.relation == MIRRORS)
    return or_(*wanted)


def count_links(session: Session, syncs: Collection[Sync]) -> int:
    """How many an audit of all would compare."""
    query = select(func.count()).select_from(LinkRow)
    return session.scalar(query.where(LinkRow.state == LinkState.LIVE, in_syncs(syncs))) or 0


def busy(session: Session, links: Sequence[LinkRow]) -> frozenset[str]:
    """Those of these links, by id, for which something is on its way or waits for a person."""
    ids = [link.id for link in links]
    ends = {ref for link in links for ref in (link.left_ref, link.right_ref) if ref}
    keys = {f"{ref.partition(':')[0]}|{ref}": ref for ref in sorted(ends)}
    by_link = select(DeliveryRow.target_link).where(
        DeliveryRow.target_link.in_(ids), spelled(LINKED), DeliveryRow.state.in_(_UNDER_WAY)
    )
    by_record = select(DeliveryRow.ordering_key).where(
        DeliveryRow.ordering_key.in_(sorted(keys)), DeliveryRow.state.in_(_UNDER_WAY)
    )
    found = set(session.scalars(by_link))
    refs = {keys[key] for key in session.scalars(by_record)}
    return frozenset(
        link.id
        for link in links
        if link.id in found or not refs.isdisjoint((link.left_ref, link.right_ref))
    )


def add(session: Session, row: DriftRow, found: Sequence[Difference], *, now: datetime) -> None:
    """Keep what does not agree."""
    rows = [
        {
            **vars(one),
            "drift_id": row.id,
            "reason": cut(storable(one.reason), MAX_REASON),
            "outcome": "",
            "found_at": now,
        }
        for one in found
    ]
    if rows:
        session.execute(insert(DifferenceRow), rows)


def differences(drift_id: str) -> Select[DifferenceRow]:
    return select(DifferenceRow).where(DifferenceRow.drift_id == drift_id)


def to_repair(session: Session, drift_id: str, *, after: int, limit: int) -> list[DifferenceRow]:
    """What a repair would look at next."""
    query = differences(drift_id).where(DifferenceRow.seq > after, repairable())
    return list(session.scalars(query.order_by(DifferenceRow.seq).limit(limit)))


def repairable() -> ColumnElement[bool]:
    """All but what has no form at the other end: it is written, read again, or a person is asked."""
    return or_(DifferenceRow.writes != "", DifferenceRow.cause != Cause.UNMAPPED)


def asked(session: Session, drift_id: str) -> int:
    """Of how many fields a person is to say whose value counts."""
    query = select(func.count()).where(
        DifferenceRow.drift_id == drift_id,
        DifferenceRow.writes == "",
        DifferenceRow.field != "",
        DifferenceRow.cause != Cause.UNMAPPED,
    )
    return session.scalar(query) or 0


def planned(session: Session, drift_id: str) -> Mapping[str, int]:
    """By connection: to how many of its records a repair would write."""
    query = select(DifferenceRow.writes).where(
        DifferenceRow.drift_id == drift_id, DifferenceRow.writes != ""
    )
    refs = sorted(set(session.scalars(query)))
    counts: dict[str, int] = {}
    for ref in refs:
        place = ref.partition(":")[0]
        counts[place] = counts.get(place, 0) + 1
    return counts


def left_alone(session: Session, drift_id: str) -> Mapping[str, int]:
    """By cause: what no repair can mend."""
    query = (
        select(DifferenceRow.cause, func.count())
        .where(DifferenceRow.drift_id == drift_id, ~repairable())
        .group_by(DifferenceRow.cause)
    )
    return {row[0]: row[1] for row in session.execute(query.order_by(DifferenceRow.cause))}


def repairable_links(session: Session, drift_id: str) -> int:
    query = select(func.count(DifferenceRow.link_id.distinct()))
    return session.scalar(query.where(DifferenceRow.drift_id == drift_id, repairable())) or 0


def count(session: Session, drift_id: str) -> int:
    query = select(func.count()).select_from(DifferenceRow)
    return session.scalar(query.where(DifferenceRow.drift_id == drift_id)) or 0


def counted(counts: Mapping[str, Any], outcomes: Mapping[Outcome, int], **more: int) -> Any:
    """The counts so far, with these."""
    told = {**{str(name): number for name, number in outcomes.items()}, **more}
    return {name: counts.get(name, 0) + told.get(name, 0) for name in {**counts, **told}}


def share(counts: Mapping[str, Any]) -> float | None:
    """Of the links that could be compared, those in which everything agrees."""
    compared = counts.get(Outcome.IN_STEP, 0) + counts.get(Outcome.DRIFTED, 0)
    return counts.get(Outcome.IN_STEP, 0) / compared if compared else None


def settle(session: Session, seqs: Sequence[int], outcomes: Mapping[str, str]) -> Mapping[str, int]:
    """Note what a repair has come to; how many links of each."""
    for row in session.scalars(select(DifferenceRow).where(DifferenceRow.seq.in_(sorted(seqs)))):
        row.outcome = outcomes.get(row.link_id, "")
    told = list(outcomes.values())
    return {f"repair_{one}": told.count(one) for one in sorted(set(told))}
