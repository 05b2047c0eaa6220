"""What the syncs said to an event, and what became of what they owed for it, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bridge.ledger.tables import EventRow
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.fates import Fate, line
from bridge.rules.explain import wrapped
from bridge.rules.store import decisions_of
from bridge.rules.sync import RULE, is_sync


@dataclass(frozen=True, kw_only=True)
class Said:
    """One sync about one link: field by field what goes where and why, or why not."""

    sync: str
    subject: str
    link: str
    reasons: tuple[str, ...]
    rows: tuple[DeliveryRow, ...]


def said(session: Session, event: EventRow, owed: Sequence[DeliveryRow]) -> tuple[Said, ...]:
    """As it was said then; a sync that had nothing to do said nothing."""
    return tuple(
        Said(
            sync=one.rule.removeprefix(RULE),
            subject=event.subject,
            link=one.target,
            reasons=tuple(one.reason.split("; ")),
            rows=tuple(row for row in owed if (row.rule, row.target) == (one.rule, one.target)),
        )
        for one in decisions_of(session, event.id)
        if is_sync(one.rule)
    )


def in_short(told: Sequence[Said]) -> Iterator[str]:
    """The same for a list of events."""
    for one in told:
        for reason in one.reasons:
            yield from wrapped(reason, first=f"  sync {one.sync}: ", rest="    ")


def lines(told: Sequence[Said], fates: Mapping[str, Fate]) -> Iterator[str]:
    """The part of a page that tells of them."""
    if told:
        yield "Syncs:"
    for one in told:
        yield f"  {one.sync}, by link {one.link}"
        for reason in one.reasons:
            yield from wrapped(reason, first="    - ")
        for row in one.rows:
            yield f"    {line(row)}"
            for sentence in fates[row.id].words:
                yield from wrapped(sentence, first="      → ")
    if told:
        yield from wrapped(f"how they stand now: bridge explain {told[0].subject}", first="  ")
        yield ""
