"""What became of each write that was owed, in words for people and as values for programs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bridge.canonical.quoted import unquoted
from bridge.ledger.tables import LinkRow
from bridge.outbox import connection as connections
from bridge.outbox import hold, wild
from bridge.outbox.cause import remedy
from bridge.outbox.tables import (
    ConnectionRow,
    DeliveryRow,
    HoldRow,
    State,
)
from bridge.pipeline.around import CHAIN, Around, look_around
from bridge.pipeline.syncing import conflicts
from bridge.rules.explain import moment


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What became of one delivery: `words` are sentences. `tries`: how often it was sent, as far as
    attempts are kept; `by`: the delivery it went out with, gave way to or waits behind; `hold`: its
    id; `remedy` and `command`: what a person can do."""

    delivery: str
    state: State
    words: tuple[str, ...]
    tries: int
    at: datetime | None = None
    key: str = ""
    url: str = ""
    by: str | None = None
    hold: str | None = None
    remedy: str = ""
    command: str = ""


def fates(session: Session, rows: Sequence[DeliveryRow], *, now: datetime) -> dict[str, Fate]:
    """By delivery."""
    around = look_around(session, rows, now=now)
    return {row.id: fate(row, around) for row in rows}


def fate(row: DeliveryRow, around: Around) -> Fate:
    """One delivery. Pure."""
    result: Mapping[str, Any] = row.result or {}
    held = around.holds.get(row.hold_id or "")
    dead = row.state == State.DEAD
    said = remedy(row.error_kind, row.error_code) if dead else ""
    ahead = around.ahead.get(row.seq)
    return Fate(
        delivery=row.id,
        state=State(row.state),
        words=tuple(one for one in _words(row, around) if one),
        tries=around.tries.get(row.id, 0),
        at=row.finished_at,
        key=str(result.get("key") or ""),
        url=str(result.get("url") or ""),
        by=row.superseded_by or (ahead.id if ahead else None),
        hold=row.hold_id if held else None,
        remedy=said,
        command=f"bridge replay {row.id}" if dead else _decide(held),
    )


def line(row: DeliveryRow) -> str:
    """A delivery in a list: `rule, step: create issue at jira: dead`."""
    verb = row.action.partition(".")[2].replace("_", " ")
    step = "" if row.step == row.action else f", {row.step}"
    return f"{row.rule}{step}: {verb} at {row.connection}: {row.state.replace('_', ' ')}"


def label(row: DeliveryRow) -> str:
    """A delivery as people can find it: what it does, since when, its id."""
    verb = row.action.partition(".")[2].replace("_", " ")
    return f"{verb} of {moment(row.created_at)} ({row.id})"


def _words(row: DeliveryRow, around: Around) -> Iterator[str]:
    yield from _TELL[State(row.state)](row, around)
    if row.uncertain:
        yield "it is not certain whether it arrived, or arrived twice: nobody can ask there"


def _sent(row: DeliveryRow, around: Around) -> Iterator[str]:
    result: Mapping[str, Any] = row.result or {}
    made = " ".join(str(result[name]) for name in ("key", "url") if result.get(name))
    yield f"sent {_when(row.finished_at)}{_tried(row, around)}{f': {made}' if made else ''}"
    yield _said(row)
    if around.carried.get(row.id):
        yield f"it also said what was asked by {' and '.join(around.carried[row.id])}"


def _accepted(row: DeliveryRow, around: Around) -> Iterator[str]:
    when = f"{_when(row.finished_at)}{_tried(row, around)}"
    yield f"taken by {row.connection} {when}; {row.connection} does not confirm that it is shown"
    yield _said(row)


def _unchanged(row: DeliveryRow, around: Around) -> Iterator[str]:
    yield f"unchanged {_when(row.finished_at)}: {_said(row) or 'it was so already'}"


def _merged(row: DeliveryRow, around: Around) -> Iterator[str]:
    yield f"not sent by itself: {_said(row) or 'it went out inside another call'}"
    yield from _other(row, around)


def _superseded(row: DeliveryRow, around: Around) -> Iterator[str]:
    yield f"given up for a newer one: {_said(row) or 'a newer one says all of it'}"
    yield from _other(row, around)


def _other(row: DeliveryRow, around: Around) -> Iterator[str]:
    """The delivery that stands for it, and what became of that; the chain to its end."""
    other = around.others.get(row.superseded_by or "")
    for _ in range(CHAIN):
        if other is None:
            return
        following = around.others.get(other.superseded_by or "")
        if following is None:
            first = next(iter(_TELL[State(other.state)](other, around)), other.state)
            yield f"that is {label(other)}: {first}"
        other = following


def _held(row: DeliveryRow, around: Around) -> Iterator[str]:
    held = around.holds.get(row.hold_id or "")
    if held is None:
        yield f"held: {_said(row)}"
        return
    yield f"held since {moment(held.created_at)} and not sent: {held.reason or held.about}"
    owner = f"{held.owner} looks after it; " if held.owner else ""
    act = "says whose value counts" if _asks(held) else "may let it go, or discard it"
    yield f"{owner}whoever has the role {held.may_decide} or above {act}:"
    yield _decide(held)
    if held.until and held.then:
        then = "goes out" if held.then == hold.Then.RELEASE else "is discarded"
        yield f"if nobody does, it {then} by itself at {moment(held.until)}"


def _said(row: DeliveryRow) -> str:
    """Its reason, without what was sent: a vendor's refusal may quote it."""
    return unquoted(row.reason, row.args)


def _decide(held: HoldRow | None) -> str:
    """The command that lets it go; with `discard` in place of `release` it never does."""
    if held is None or held.state != hold.OPEN:
        return ""
    if held.kind == wild.KIND and held.rule:
        return f"bridge rules release {held.rule}"
    return f"bridge holds {'conflict' if _asks(held) else 'release'} {held.id}"


def _asks(held: HoldRow) -> bool:
    """Whether it is a question about two values, and not about sending something."""
    return held.kind == conflicts.KIND


def _cancelled(row: DeliveryRow, around: Around) -> Iterator[str]:
    yield f"never sent, {_said(row) or 'cancelled'} ({_when(row.finished_at)})"


def _waiting(row: DeliveryRow, around: Around) -> Iterator[str]:
    if not row.needs:
        yield _said(row) or "waits for a record that is not there yet"
    for name, link_id in row.needs.items():
        link = around.links.get(link_id)
        if link is not None and link.right_ref is None:
            yield from _missing(name, link, around)
    held = around.holds.get(row.hold_id or "")
    if held is not None:
        yield f"and then it is held: {held.reason or held.about}"
    if row.expires_at:
        yield f"it is given up at {moment(row.expires_at)} if that has not come by then"


def _missing(name: str, link: LinkRow, around: Around) -> Iterator[str]:
    what = "the linked record" if name == "linked" else f"what {name} makes"
    creating = around.others.get(link.delivery_id or "")
    if creating is None:
        yield f"waits for {what}, which is not there yet"
        return
    first = next(iter(_TELL[State(creating.state)](creating, around)), creating.state)
    yield f"waits for {what}: {label(creating)}: {first}"


def _pending(row: DeliveryRow, around: Around) -> Iterator[str]:
    down = _down(row, around.connections)
    ahead = around.ahead.get(row.seq)
    if _said(row):
        count = around.tries.get(row.id, 0)
        tried = f" after {count} {'try' if count == 1 else 'tries'}" if count else ""
        yield f"not sent yet{tried}: {_said(row)}"
    if down is not None:
        name, since = connections.spoken(down.name), moment(down.since)
        yield f"waits: {name} is not called since {since} ({down.state}): {down.reason or 'no reason given'}"
    elif ahead is not None:
        yield f"waits for its turn behind {label(ahead)}, which is {ahead.state.replace('_', ' ')}"
    elif row.not_before > around.now:
        yield f"goes out at {moment(row.not_before)}"
    elif not _said(row):
        yield "about to be sent"


def _in_flight(row: DeliveryRow, around: Around) -> Iterator[str]:
    yield f"being sent since {_when(row.started_at)}"


def _expired(row: DeliveryRow, around: Around) -> Iterator[str]:
    yield f"too late, not sent ({_when(row.finished_at)}): {_said(row) or 'its time was up'}"


def _dead(row: DeliveryRow, around: Around) -> Iterator[str]:
    yield f"failed for good {_when(row.finished_at)}{_tried(row, around)}: {_said(row)}"
    yield f"what to do: {remedy(row.error_kind, row.error_code)}"
    yield f"bridge replay {row.id}"


_TELL: Mapping[State, Callable[[DeliveryRow, Around], Iterable[str]]] = {
    State.WAITING: _waiting,
    State.PENDING: _pending,
    State.HELD: _held,
    State.IN_FLIGHT: _in_flight,
    State.SUCCEEDED: _sent,
    State.ACCEPTED: _accepted,
    State.UNCHANGED: _unchanged,
    State.MERGED: _merged,
    State.SUPERSEDED: _superseded,
    State.EXPIRED: _expired,
    State.DEAD: _dead,
    State.CANCELLED: _cancelled,
}


def _tried(row: DeliveryRow, around: Around) -> str:
    count = around.tries.get(row.id, 0)
    if count == 1:
        return " at the first try"
    return f" after {count} tries" if count else ""


def _when(at: datetime | None) -> str:
    return moment(at) if at else "at a time that is not known"


def _down(row: DeliveryRow, rows: Mapping[str, ConnectionRow]) -> ConnectionRow | None:
    """The connection, or the part of it, that keeps a delivery from going out."""
    whole = rows.get(row.connection)
    if whole is not None and whole.state != connections.OPEN:
        return whole
    parts = (
        one
        for name, one in rows.items()
        if row.ordering_key.startswith(f"{name}|") or name == row.ordering_key
    )
    return next(
        (one for one in parts if connections.is_part(one.name) and one.state != connections.OPEN),
        None,
    )
