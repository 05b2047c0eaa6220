"""Why something happened or did not, for an event, a case number, an issue key or a URL."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.errors import RuleError
from bridge.ledger import links
from bridge.ledger import store as ledger
from bridge.ledger.facts import Facts
from bridge.ledger.search import find_record
from bridge.ledger.tables import EventRow, LinkState
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.world import World
from bridge.rules.decision import Decision
from bridge.rules.engine import decide
from bridge.rules.explain import explain_event
from bridge.rules.store import decisions_of

NEWEST = 5  # events explained for a record


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One event: every considered rule with its answer, and what became of what was owed."""

    event: EventRow
    decisions: tuple[Decision, ...]
    deliveries: tuple[DeliveryRow, ...]
    text: str


def explain(session: Session, world: World, what: str) -> list[Explained]:
    """The event, or the newest events of the record that `what` names; empty when it names nothing.

    Decisions are made again, with the facts and the rule version of then.
    """
    one = ledger.event(session, what)
    return [_explained(session, world, row) for row in ([one] if one else _events(session, what))]


def _events(session: Session, what: str) -> list[EventRow]:
    found = find_record(session, what)
    if found is None:
        return []
    query = select(EventRow).where(EventRow.subject == found.ref)
    return list(session.scalars(query.order_by(EventRow.seq.desc()).limit(NEWEST)))


def _explained(session: Session, world: World, row: EventRow) -> Explained:
    query = select(DeliveryRow).where(DeliveryRow.event_id == row.id).order_by(DeliveryRow.seq)
    owed = tuple(session.scalars(query))
    event = ledger.as_event(row)
    decisions, note = _decisions(session, world, row)
    page = explain_event(event, decisions, [_line(one) for one in owed])
    return Explained(
        event=row,
        decisions=decisions,
        deliveries=owed,
        text="\n".join([page, *note, *_later(session, row), *_dead_links(session, row)]).rstrip()
        + "\n",
    )


def _decisions(
    session: Session, world: World, row: EventRow
) -> tuple[tuple[Decision, ...], list[str]]:
    """Made again as they were made then; or, where that cannot be, why not."""
    if not row.rule_version:
        return (), ["It has not been decided yet."]
    if not row.facts:
        return (), ["What it was decided with is not kept any more."]
    try:
        rules = world.sets.by_hash(session, row.rule_version)
    except RuleError:
        return (), [f"The rules of then ({row.rule_version}) cannot be loaded by this version."]
    return decide(ledger.as_event(row), Facts.from_json(row.facts), rules), []


def _later(session: Session, row: EventRow) -> list[str]:
    """What became of it under other rules since: a rule was mended, or it was replayed."""
    again = [one for one in decisions_of(session, row.id) if one.rule_version != row.rule_version]
    lines = [f"  {one.rule}: {one.answer}, with rules {one.rule_version}" for one in again]
    return ["Decided again later:", *lines] if lines else []


def _dead_links(session: Session, row: EventRow) -> list[str]:
    """Rules do not see a link whose one end was deleted: say so, or nothing would tell why."""
    dead = [link for link in links.of(session, row.subject) if link.state == LinkState.DEAD]
    lines = [f"  {link.id} ({link.role}): {link.left_ref} to {link.right_ref}" for link in dead]
    return ["Dead links, since one end was deleted:", *lines] if lines else []


def _line(row: DeliveryRow) -> str:
    result: dict[str, Any] = row.result or {}
    done = f" {result['key']}" if result.get("key") else ""
    why = f" ({row.reason})" if row.reason else ""
    return f"{row.rule}/{row.step}: {row.action} to {row.connection}: {row.state}{done}{why}"
