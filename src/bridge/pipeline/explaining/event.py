"""Why something happened or did not, for an event, a case number, an issue key or a URL."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.canonical.event import Event
from bridge.canonical.kind import Kind
from bridge.errors import RuleError
from bridge.ledger import links
from bridge.ledger import store as ledger
from bridge.ledger.facts import Facts
from bridge.ledger.search import find_record
from bridge.ledger.tables import EventRow, LinkState
from bridge.outbox import store
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.alerting.fates import Key, groups_of, told_together
from bridge.pipeline.fates import Fate, fates, line
from bridge.pipeline.syncing.telling import Said, lines, said
from bridge.pipeline.timing.telling import to_come
from bridge.pipeline.world import World
from bridge.rules.account import Account, Wanted, accounts
from bridge.rules.decision import Decision
from bridge.rules.explain import Became, about_rules, head, page, wrapped
from bridge.rules.ruleset import RuleSet
from bridge.rules.store import active_hash, decisions_of
from bridge.rules.sync import is_sync

DELIVERY = "dlv_"
_NOTE = {
    True: "  rests on  ",
    False: "  unknown   ",
}  # what the answer rests on, or why there is none
NEWEST = 5  # events explained for a record


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of an event. `under`: other rules than those it was decided with."""

    wanted: Wanted = field(default_factory=Wanted)
    under: RuleSet | None = None
    cel: bool = False


PLAIN = Question()


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One event: every rule that it concerns with its answer, and what became of what was owed.

    `under` is the hash of the rules that were asked, empty where none could be; `notes` say what the
    answer rests on, and what is not known any more.
    """

    event: EventRow
    happened: Event
    accounts: tuple[Account, ...]
    deliveries: tuple[DeliveryRow, ...]
    fates: Mapping[str, Fate]
    became: Became
    syncs: tuple[Said, ...]
    under: str
    notes: tuple[str, ...]
    text: str

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(one.decision for one in self.accounts if one.decision is not None)


def explain(
    session: Session, world: World, what: str, question: Question = PLAIN
) -> list[Explained]:
    """The event, or the newest events of the record that `what` names; empty when it names nothing.

    Decisions are made again, with the facts of then, and the rules of then unless others are asked.
    """
    one = event_of(session, what)
    rows = [one] if one else _events(session, what)
    found = [explained(session, world, row, question) for row in rows]
    return [*(_with_to_come(session, world, one) for one in found[:1]), *found[1:]]


def _with_to_come(session: Session, world: World, newest: Explained) -> Explained:
    """What is to come stands once, below the newest event."""
    lines = list(to_come(session, world, newest.event.subject))
    return replace(newest, text=page([newest.text, *lines])) if lines else newest


def event_of(session: Session, what: str) -> EventRow | None:
    """The event of this id, or that a delivery of this id is owed for."""
    if what.startswith(DELIVERY):
        owed = store.one(session, what)
        return ledger.event(session, owed.event_id) if owed and owed.event_id else None
    return ledger.event(session, what)


def _events(session: Session, what: str) -> list[EventRow]:
    found = find_record(session, what)
    if found is None:
        return []
    query = select(EventRow).where(EventRow.subject == found.ref)
    return list(session.scalars(query.order_by(EventRow.seq.desc()).limit(NEWEST)))


def explained(session: Session, world: World, row: EventRow, question: Question) -> Explained:
    """One event."""
    event = ledger.as_event(row)
    query = select(DeliveryRow).where(DeliveryRow.event_id == row.id).order_by(DeliveryRow.seq)
    owed = tuple(session.scalars(query))
    told = fates(session, owed, now=world.clock.now())
    rules, notes = _rules(session, world, row, question)
    facts = Facts.from_json(row.facts) if row.facts else None
    found = accounts(event, facts, rules, question.wanted) if rules and facts else ()
    became = {
        **_became(owed, told),
        **told_together(session, row.id, _writes(found), now=world.clock.now()),
    }
    synced = said(session, row, owed)
    groups = groups_of(session, row.id)
    others = [one for one in owed if not is_sync(one.rule)]
    text = page(
        [
            *head(event, _kind(world, event), question.wanted, facts=facts),
            *(line for note in notes for line in wrapped(note, first=_NOTE[rules is not None])),
            "",
            *(about_rules(event, found, became, cel=question.cel) if rules else ()),
            "",
            *lines(synced, told),
            *(_rest(others, told, found, groups) if others or not synced else ()),
            *_later(session, row, rules),
            *_dead_links(session, row),
        ]
    )
    return Explained(
        event=row,
        happened=event,
        accounts=found,
        deliveries=owed,
        fates=told,
        became=became,
        syncs=synced,
        under=rules.hash if rules else "",
        notes=notes,
        text=text,
    )


def _kind(world: World, event: Event) -> Kind | None:
    return next((one for one in world.kinds if one.name == event.record_kind), None)


def _rules(
    session: Session, world: World, row: EventRow, question: Question
) -> tuple[RuleSet | None, tuple[str, ...]]:
    """The rules to ask, and what is to be said of them; `None` where nothing can be asked."""
    if not row.facts:
        undecided = "It has not been decided yet." if not row.rule_version else ""
        return None, (undecided or "What it was decided with is not kept any more.",)
    if question.under is not None:
        text = f"the facts stored with it, under the rules {question.under.hash}"
        return question.under, (f"{text}; it was decided under {row.rule_version or 'none yet'}",)
    if not row.rule_version:
        return None, ("It has not been decided yet.",)
    try:
        rules = world.sets.by_hash(session, row.rule_version)
    except RuleError:
        text = f"The rules of then ({row.rule_version}) cannot be loaded by this version."
        return None, (text,)
    active = active_hash(session)
    since = "" if active == rules.hash else f"; since then the rules were changed, to {active}"
    return rules, (f"the facts stored with it, and the rules of then, {rules.hash}{since}",)


def _became(owed: Sequence[DeliveryRow], found: Mapping[str, Fate]) -> Became:
    said: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for row in owed:
        key = (row.rule, row.step, row.target)
        said[key] = (*said.get(key, ()), *found[row.id].words)
    return said


def _writes(found: Sequence[Account]) -> list[Key]:
    return [
        (one.rule.id, write.step, one.decision.target if one.decision else "")
        for one in found
        for write in one.writes
    ]


def _rest(
    owed: Sequence[DeliveryRow],
    found: Mapping[str, Fate],
    told: Sequence[Account],
    groups: Sequence[str],
) -> Iterator[str]:
    """Deliveries that no rule above asks for: of rules since, of a replay, of rules that are gone.

    `groups`: of the alerts that it raised, whose cards are theirs and not its own.
    """
    steps = set(_writes(told))
    rest = [row for row in owed if (row.rule, row.step, row.target) not in steps]
    if not owed and groups:
        told_by = ", ".join(groups)
        text = (
            f"No deliveries of its own: it is told by {told_by} (bridge alerts show {groups[0]})."
        )
        yield from wrapped(text, first="")
    elif not owed:
        yield "No deliveries."
    if rest:
        yield "Deliveries of other rules:" if told else "Deliveries:"
    for row in rest:
        yield f"  {line(row)}"
        for sentence in found[row.id].words:
            yield from wrapped(sentence, first="    → ")


def _later(session: Session, row: EventRow, rules: RuleSet | None) -> Iterator[str]:
    """What became of it under other rules since: a rule was mended, or it was replayed."""
    made = decisions_of(session, row.id)
    again = [one for one in made if one.rule_version != row.rule_version]
    if again:
        yield "Decided again later:"
        yield from (f"  {one.rule}: {one.answer}, with rules {one.rule_version}" for one in again)
    kept = [one for one in made if one.rule_version == row.rule_version]
    if rules is None and kept:
        yield "What is kept of the decision:"
        yield from (f"  {one.rule}: {one.answer}: {one.reason}" for one in kept)


def _dead_links(session: Session, row: EventRow) -> list[str]:
    """Rules do not see a link whose one end was deleted: say so, or nothing would tell why."""
    dead = [link for link in links.of(session, row.subject) if link.state == LinkState.DEAD]
    lines = [f"  {link.id} ({link.role}): {link.left_ref} to {link.right_ref}" for link in dead]
    return ["Dead links, since one end was deleted:", *lines] if lines else []
