"""A record explained: its links, how what it shares with others stands, and what happened to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.errors import RuleError
from bridge.ledger import links
from bridge.ledger.search import find_record
from bridge.ledger.tables import EventRow, LinkRow, LinkState, RecordRow
from bridge.outbox.tables import NOT_OVER, DeliveryRow, spelled
from bridge.pipeline.explaining.event import PLAIN, Explained, Question, explained
from bridge.pipeline.fates import Fate, fates, line
from bridge.pipeline.syncing import telling
from bridge.pipeline.syncing.standings import SyncStanding, standings
from bridge.pipeline.syncing.standings import lines as standing_lines
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.explain import in_short, moment, page, wrapped
from bridge.rules.spoken import happening

NEWEST = 10  # events of a record
MOST = 50  # of them: each is decided again, and no look at the database may take long
OPEN_SHOWN = 20  # deliveries that are not over


@dataclass(frozen=True, kw_only=True)
class ExplainedRecord:
    """`open` are deliveries about it that are not over: on their way, held, waiting or dead. `syncs`:
    how the fields that agree with those of a linked record stand now, by what is known of both.
    """

    record: RecordRow
    links: tuple[LinkRow, ...]
    events: tuple[Explained, ...]
    open: tuple[tuple[DeliveryRow, Fate], ...]
    syncs: tuple[SyncStanding, ...]
    text: str


def explain_record(
    session: Session, world: World, what: str, question: Question = PLAIN, *, limit: int = NEWEST
) -> ExplainedRecord | None:
    """The record that a ref, a case number, an issue key or a URL names; `None` if it names none."""
    found = find_record(session, what)
    if found is None:
        return None
    query = select(EventRow).where(EventRow.subject == found.ref).order_by(EventRow.seq.desc())
    rows = list(session.scalars(query.limit(limit + 1)))
    events = tuple(explained(session, world, row, question) for row in rows[:limit])
    own = tuple(links.of(session, found.ref))
    undone = _open(session, world, found.ref, rule=question.wanted.rule)
    synced = _standings(session, world, found.ref, question)
    text = page(
        [
            *_head(found, own, _keys(session, own)),
            *_undone(undone),
            "",
            *standing_lines(synced),
            *_events(events, more=len(rows) > limit, ref=found.ref),
        ]
    )
    return ExplainedRecord(
        record=found, links=own, events=events, open=undone, syncs=synced, text=text
    )


def _standings(
    session: Session, world: World, ref: str, question: Question
) -> tuple[SyncStanding, ...]:
    """Nothing where another rule alone is asked about, or no mappings can be loaded."""
    rule = question.wanted.rule
    try:
        rules = question.under or world.sets.active(session)
    except RuleError:
        return ()
    if rule:
        rules = replace(rules, syncs=tuple(one for one in rules.syncs if one.rule == rule))
    revealed = question.wanted.revealed
    return standings(Work(session, world), world, rules, ref, revealed=revealed)


def _keys(session: Session, own: Sequence[LinkRow]) -> dict[str, str]:
    """By ref: what people call the records that links start from."""
    query = select(RecordRow.ref, RecordRow.key).where(
        RecordRow.ref.in_(sorted({link.left_ref for link in own}))
    )
    return {ref: key for ref, key in session.execute(query) if key}


def _head(record: RecordRow, own: Sequence[LinkRow], keys: Mapping[str, str]) -> Iterator[str]:
    called = f"{record.key}  " if record.key else ""
    yield f"{called}{record.kind.replace('_', ' ')}  {record.ref}"
    if record.url:
        yield f"  at        {record.url}"
    if record.deleted_at:
        yield f"  deleted   {moment(record.deleted_at)}"
    if not own:
        yield "  linked    with nothing"
    for link in own:
        yield from wrapped(_link(record, link, keys), first="  linked    ")


def _link(record: RecordRow, link: LinkRow, keys: Mapping[str, str]) -> str:
    outward = link.left_ref == record.ref
    far = (link.key or link.right_ref) if outward else keys.get(link.left_ref, link.left_ref)
    since = moment(link.resolved_at or link.created_at)
    url = f" {link.url}" if outward and link.url else ""
    said = {
        LinkState.RESERVED: "it is still being made",
        LinkState.DEAD: f"dead ({link.id}), since one end was deleted",
        LinkState.LIVE: f"since {since}{url}",
    }[LinkState(link.state)]
    return f"as {link.role} with {far or 'a record to come'}, {said}"


def _undone(undone: Sequence[tuple[DeliveryRow, Fate]]) -> Iterator[str]:
    if undone:
        yield "\nNot over:"
    for row, fate in undone:
        yield f"  {line(row)}"
        for sentence in fate.words:
            yield from wrapped(sentence, first="    → ")


def _events(events: Sequence[Explained], *, more: bool, ref: str) -> Iterator[str]:
    if not events:
        yield "Nothing that happened to it is kept."
        return
    yield "What happened, newest first:"
    for one in events:
        yield ""
        row = one.event
        yield f"{moment(row.occurred_at)}  {happening(row.kind)}  by {row.origin}"
        for note in one.notes if not one.under else ():
            yield from wrapped(note, first="  ")
        yield from in_short(one.happened, one.accounts, one.became)
        yield from telling.in_short(one.syncs)
        yield f"  more: bridge explain {row.id}"
    if more:
        yield ""
        yield f"There is more: bridge events --subject {ref}, or --limit"


def _open(
    session: Session, world: World, ref: str, *, rule: str
) -> tuple[tuple[DeliveryRow, Fate], ...]:
    query = select(DeliveryRow).where(DeliveryRow.subject == ref, spelled(NOT_OVER))
    query = query.where(DeliveryRow.rule == rule) if rule else query
    rows = list(session.scalars(query.order_by(DeliveryRow.seq.desc()).limit(OPEN_SHOWN)))
    told = fates(session, rows, now=world.clock.now())
    return tuple((row, told[row.id]) for row in rows)
