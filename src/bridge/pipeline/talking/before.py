"""What was said before its record was linked: messages come in any order, and a search later still.

Who says something after what made the link means both sides, so it is carried as if the link had been
there. What is older is history, and crosses only where the sync says `earlier`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import structlog

from bridge.canonical.event import Act, Event
from bridge.ledger import latest
from bridge.ledger import store as ledger
from bridge.ledger.latest import Latest
from bridge.ledger.tables import LinkRow
from bridge.pipeline.talking.copying import Copying
from bridge.pipeline.talking.crossing import WORDS, Crossing, crossings
from bridge.pipeline.talking.talk import Told
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End
from bridge.rules.ruleset import RuleSet

MOST = 100  # comments of one record, and files of it: the newest
SKEW = timedelta(minutes=5)  # between the clocks of two systems
NONE = timedelta(0)
log = structlog.get_logger()


def said_before(
    work: Work,
    world: World,
    rules: RuleSet,
    link: LinkRow,
    *,
    by: Event | None = None,
    on: str | None = None,
    now: datetime,
) -> None:
    """After a link was made, or its far end was there. The caller holds the locks of its ends.

    `by`: the event that makes it, where the caller has that at hand. `on`: what was said on this
    end alone.
    """
    ends = [end for end in (link.left_ref, link.right_ref) if end and on in (None, end)]
    ways = list(_ways(work, rules, link, ends)) if rules.carries_comments else []
    if not ways:
        return
    since = _since(work, link, by)
    said = latest.hanging_on(work.session, [way.record for _, way in ways if way.record])
    for way, comment in _due(ways, said, since):
        copying = Copying(
            work=work,
            world=world,
            version=rules.hash,
            comment=comment,
            event=None,
            cause=f"linked:{link.id}:{comment.ref}",
            message_id=None,
            now=now,
        )
        Told(copying=copying, rules=rules, comment=comment).tell_along(way)


def _ways(
    work: Work, rules: RuleSet, link: LinkRow, ends: Iterable[str]
) -> Iterator[tuple[str, Crossing]]:
    """Along this link, of what is on these ends: comments and files."""
    for record in ends:
        for kind in WORDS:
            for way in crossings(work.known, rules, record, kind):
                if way.link.id == link.id:
                    yield kind, way


def _since(work: Work, link: LinkRow, by: Event | None) -> Mapping[End, datetime]:
    """By the end that is told: since when what was said on the other one is meant for both.

    Since what made the link happened. What was linked because it was made: since it was. The other
    system's clock may be behind, and its record was made for this.
    """
    row = ledger.event(work.session, link.event_id) if by is None and link.event_id else None
    event = by or (ledger.as_event(row) if row is not None else None)
    if event is None:
        return dict.fromkeys(End, link.created_at)
    born = work.known.record(link.left_ref) if event.act == Act.CREATED else None
    made = min(event.occurred_at, (born.created_at if born else None) or event.occurred_at)
    return {End.RIGHT: made, End.LEFT: event.occurred_at - SKEW}


def _due(
    ways: Iterable[tuple[str, Crossing]], said: Iterable[Latest], since: Mapping[End, datetime]
) -> Iterator[tuple[Crossing, Latest]]:
    """The oldest first."""
    there = sorted(said, key=_at)
    for kind, way in ways:
        first = since[way.to] - (way.form.earlier or NONE)
        mine = [one for one in there if (one.kind, one.parent) == (kind, way.record)]
        late = [one for one in mine if _at(one) >= first]
        if len(late) > MOST:
            log.info("talk.left_out", link=way.link.id, kind=kind, count=len(late) - MOST)
        yield from ((way, one) for one in late[-MOST:])


def _at(comment: Latest) -> datetime:
    return comment.created_at or comment.seen_at
