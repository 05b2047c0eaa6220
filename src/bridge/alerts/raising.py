"""Alerts are raised and resolved in the transaction that decides an event, group by group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.alerts import machine
from bridge.alerts.machine import State, Terms
from bridge.alerts.store import alert_of, locked_groups
from bridge.alerts.tables import OPEN, AlertRow, GroupRow, RaisedRow
from bridge.bell import CHORES
from bridge.canonical.ids import stable_id
from bridge.db import insert_once, ring
from bridge.outbox.tables import spelled


@dataclass(frozen=True, kw_only=True)
class Raise:
    """An event says that something is so. `group` are the columns of its group when it is new."""

    group: Mapping[str, Any]
    terms: Terms
    lasting: timedelta  # it must hold for so long; nothing: it is told as it is
    event_id: str
    target: str
    subject: str
    customer: str | None
    fingerprint: str
    labels: Mapping[str, str]
    args: Mapping[str, Any]
    needs: Mapping[str, str]
    title: str

    @property
    def group_id(self) -> str:
        return str(self.group["id"])

    @property
    def id(self) -> str:
        """Of this event as a sign of it, whatever it is a sign of."""
        return sign_id(self.event_id, self.group["rule"], self.group["step"], self.target)


@dataclass(frozen=True, kw_only=True)
class Resolve:
    """An event says that what was raised about its record is over. `target`: for that link alone."""

    rule: str
    step: str
    subject: str
    target: str
    terms: Terms


def sign_id(event_id: str, rule: str, step: str, target: str) -> str:
    """Of what one event says to one step, for one link if the rule says `each`."""
    return stable_id("rsd", event_id, rule, step, target)


def alert_id(group_id: str, fingerprint: str, sign: str) -> str:
    """Of an alert, by the sign that raised it."""
    return stable_id("alt", group_id, fingerprint, sign)


def write(session: Session, said: Sequence[Raise | Resolve], *, now: datetime) -> None:
    """Keep what events said, in their order. The groups stay locked until the transaction ends."""
    if not said:
        return
    raised = [one for one in said if isinstance(one, Raise)]
    insert_once(session, GroupRow, [_group(one, now) for one in raised], key="id")
    about = _about(session, [one for one in said if isinstance(one, Resolve)])
    ids = {one.group_id for one in raised} | {row.group_id for row in about}
    groups = locked_groups(session, ids)
    alerts = _Open(session, groups, about=about, raised=raised)
    for one in said:
        match one:
            case Raise():
                alerts.add(one, now)
            case Resolve():
                alerts.end(one, now)
    session.flush()
    if any(row.look_at is not None and row.look_at <= now for row in groups.values()):
        ring(session, CHORES)


class _Open:
    """The open alerts that are said something of, their groups locked."""

    def __init__(
        self,
        session: Session,
        groups: Mapping[str, GroupRow],
        *,
        about: Sequence[AlertRow],
        raised: Sequence[Raise],
    ) -> None:
        self._session = session
        self._groups = groups
        rows = [*_same(session, raised), *_again(session, about)]
        self._rows = {(row.group_id, row.fingerprint): row for row in rows}
        signs = [one.id for one in raised]
        known = select(RaisedRow.id).where(RaisedRow.id.in_(signs))
        self._counted = set(session.scalars(known)) if signs else set[str]()

    def add(self, one: Raise, now: datetime) -> None:
        """A new alert, or one more sign of one that is open. An event counts once."""
        if one.id in self._counted:
            return
        self._counted.add(one.id)
        key = (one.group_id, one.fingerprint)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _new(one, now)
            self._session.add(row)
        else:
            row.times += 1
            if row.state == State.RESOLVED:  # before its end was told: it goes on
                row.state, row.resolved_at, row.reason = State.FIRING, None, ""
        row.event_id, row.target, row.seen_at = one.event_id, one.target, now
        row.args, row.needs, row.labels = dict(one.args), dict(one.needs), dict(one.labels)
        sign = {"id": one.id, "event_id": one.event_id, "alert_id": row.id, "at": now}
        self._session.add(RaisedRow(**sign))
        self._groups[one.group_id].title = one.title
        self._look(row, one.terms, now)

    def end(self, one: Resolve, now: datetime) -> None:
        for row in self._rows.values():
            mine = (row.rule, row.step, row.subject) == (one.rule, one.step, one.subject)
            if not mine or row.state not in {State.PENDING, State.FIRING}:
                continue
            if one.target in {"", row.target}:
                row.state, row.resolved_at = State.RESOLVED, now
                self._look(row, one.terms, now)

    def _look(self, row: AlertRow, terms: Terms, now: datetime) -> None:
        """Its group is looked at no later than this alert asks for."""
        group = self._groups[row.group_id]
        group.updated_at = now
        wanted = machine.look_at(alert_of(row), group.told_at, terms)
        if wanted is not None and (group.look_at is None or wanted < group.look_at):
            group.look_at = wanted


def _group(one: Raise, now: datetime) -> dict[str, Any]:
    return {
        **one.group,
        "title": one.title,
        "cards": 0,
        "look_at": None,
        "told_at": None,
        "created_at": now,
        "updated_at": now,
    }


def _new(one: Raise, now: datetime) -> AlertRow:
    return AlertRow(
        id=alert_id(one.group_id, one.fingerprint, one.id),
        group_id=one.group_id,
        fingerprint=one.fingerprint,
        rule=one.group["rule"],
        step=one.group["step"],
        subject=one.subject,
        customer=one.customer,
        state=State.PENDING if one.lasting else State.FIRING,
        reason="",
        times=1,
        told_times=0,
        held_back=False,
        raised_at=now,
        ready_at=now + one.lasting,
    )


def _about(session: Session, over: Sequence[Resolve]) -> list[AlertRow]:
    """Open alerts that may be over; they are read again once their groups are locked."""
    subjects = sorted({one.subject for one in over})
    if not subjects:
        return []
    query = select(AlertRow).where(AlertRow.subject.in_(subjects), spelled(OPEN))
    return list(session.scalars(query))


def _again(session: Session, rows: Sequence[AlertRow]) -> Iterable[AlertRow]:
    if not rows:
        return ()
    query = select(AlertRow).where(AlertRow.seq.in_([row.seq for row in rows]), spelled(OPEN))
    return session.scalars(query.execution_options(populate_existing=True))


def _same(session: Session, raised: Sequence[Raise]) -> Iterable[AlertRow]:
    if not raised:
        return ()
    query = select(AlertRow).where(
        AlertRow.group_id.in_(sorted({one.group_id for one in raised})),
        AlertRow.fingerprint.in_(sorted({one.fingerprint for one in raised})),
        spelled(OPEN),
    )
    return session.scalars(query.execution_options(populate_existing=True))
