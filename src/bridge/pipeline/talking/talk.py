"""A comment was written, changed, hidden or deleted: what the other side is told of it.

A copy belongs to its original. What is done to a copy stays there: nothing of it comes back, and
one that was deleted there is not made anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.event import NO_NEWS, Act, Event
from bridge.ledger import latest, links
from bridge.ledger.latest import Latest
from bridge.ledger.sighting import Sighting
from bridge.ledger.store import Applied
from bridge.ledger.tables import COPIES, LinkRow, LinkState
from bridge.pipeline.talking.closed import is_closed
from bridge.pipeline.talking.copying import Copying, end
from bridge.pipeline.talking.crossing import ATTACHMENT, COMMENT, WORDS, Crossing, crossings
from bridge.pipeline.talking.judge import Comment, Copy, Step, judge
from bridge.pipeline.talking.ours import is_ours
from bridge.pipeline.talking.shade import came_with, shaded
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet


def concerned(session: Session, sightings: Iterable[Sighting]) -> set[str]:
    """The records that these comments are on: what their copies wait for comes under their locks.

    Of one that is gone only the ledger knows what it was on.
    """
    said = [one for one in sightings if one.kind in WORDS]
    told = {str(one.ref): one.record.get("parent") for one in said}
    silent = [ref for ref, parent in told.items() if not parent]
    return {str(one) for one in (*told.values(), *latest.parents(session, silent)) if one}


def talk(
    work: Work,
    world: World,
    rules: RuleSet,
    applied: Applied,
    *,
    marks: tuple[str, ...],
    message_id: str | None,
    now: datetime,
) -> None:
    """After the event of a comment. The caller holds its lock, and that of the record it is on.

    `marks`: write keys of ours that it carries.
    """
    if (
        applied.record is None
        or applied.event.record_kind not in WORDS
        or not rules.carries_comments
    ):
        return
    event = applied.event
    copying = Copying(
        work=work,
        world=world,
        version=rules.hash,
        comment=applied.record,
        event=event,
        cause=event.id,
        message_id=message_id,
        now=now,
    )
    Told(copying=copying, rules=rules, comment=applied.record).tell(event, marks)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A comment as it stands, and what follows from that at the other sides."""

    copying: Copying
    rules: RuleSet
    comment: Latest

    def tell(self, event: Event, marks: tuple[str, ...]) -> None:
        """What the event is of is this comment."""
        session, world = self.copying.work.session, self.copying.world
        pairs = links.pairs(session, self.comment.ref, COPIES)
        copied = [one for one in pairs if one.right_ref == self.comment.ref]
        if copied and event.act == Act.DELETED:
            _lost(copied)
        if copied or event.origin in NO_NEWS:
            return
        ways = self._ways()
        if ways and not pairs and is_ours(session, world, self.comment, event, marks):
            return
        self._weigh(ways, pairs)
        self._weigh_files()

    def _weigh(self, ways: Iterable[Crossing], pairs: Iterable[LinkRow]) -> None:
        made = {one.slot: one for one in pairs}
        for way in ways:
            self._cross(way, made.pop(way.link.id, None))
        for rest in made.values():
            self._hide(rest)

    def tell_along(self, way: Crossing) -> None:
        """By a link that was made after it was told, if it has not crossed there and is no copy."""
        session, world = self.copying.work.session, self.copying.world
        pairs = links.pairs(session, self.comment.ref, COPIES)
        if any(one.right_ref == self.comment.ref or one.slot == way.link.id for one in pairs):
            return
        if pairs or not is_ours(session, world, self.comment, None, ()):
            self._cross(way, None)

    def _weigh_files(self) -> None:
        """The files that came with a comment are as hidden as it is, and as public."""
        if self.comment.kind != COMMENT or self.comment.deleted_at is not None:
            return
        if not self._shades() or not any(sync.form.attachments for sync in self.rules.syncs):
            return
        for file in self._beside():
            if file.kind == ATTACHMENT and came_with(self.comment, file):
                copying = replace(self.copying, comment=file)
                replace(self, copying=copying, comment=file).follow()

    def follow(self) -> None:
        """A file that came with a comment, when that has changed."""
        session, world = self.copying.work.session, self.copying.world
        pairs = links.pairs(session, self.comment.ref, COPIES)
        if any(one.right_ref == self.comment.ref for one in pairs):
            return
        if pairs or not is_ours(session, world, self.comment, None, ()):
            self._weigh(self._ways(), pairs)

    def _ways(self) -> list[Crossing]:
        known, parent = self.copying.work.known, self.comment.parent
        return list(crossings(known, self.rules, parent, self.comment.kind)) if parent else []

    def _beside(self) -> list[Latest]:
        """What hangs on the same record."""
        parent = self.comment.parent
        return self.copying.work.known.hanging_on(parent) if parent else []

    def _cross(self, way: Crossing, pair: LinkRow | None) -> None:
        carried = way.carried and not way.stopped(self.copying.work.known)
        closed = self._closed() and way.form.restricted == "internal"
        verdict = judge(
            self._stands(carried=carried, closed=closed),
            _copy(pair),
            unmarked=way.form.unmarked == "public",
        )
        if verdict.step is Step.ADD:
            self.copying.add(way)
        elif verdict.step is Step.EDIT and pair is not None:
            self.copying.edit(way, pair)
        elif verdict.step is Step.WITHDRAW and pair is not None:
            self.copying.withdraw(pair, way.ref, verdict.reason)
        elif pair is not None and self.comment.deleted_at is not None:
            end(pair, verdict.reason)

    def _hide(self, pair: LinkRow) -> None:
        """Its record is not linked any more, or not by this sync: it can only be taken back."""
        stands = self._stands(carried=False, closed=self._closed())
        verdict = judge(stands, _copy(pair), unmarked=True)
        if verdict.step is Step.WITHDRAW:
            self.copying.withdraw(pair, None, verdict.reason)
        elif self.comment.deleted_at is not None:
            end(pair, verdict.reason)

    def _closed(self) -> bool:
        return is_closed(self.copying.work.known.record(self.comment.parent or ""))

    def _stands(self, *, carried: bool, closed: bool) -> Comment:
        data = self.comment.data
        event, known = self.copying.event, self.copying.work.known
        parent = known.record(self.comment.parent or "")
        return Comment(
            body=str(data.get("body" if self.comment.kind == COMMENT else "name") or ""),
            public=self._public(),
            deleted=self.comment.deleted_at is not None,
            changed=self.comment.kind == COMMENT
            and event is not None
            and any(one.field == "body" for one in event.changes),
            orphan=parent is not None and parent.deleted_at is not None,
            closed=closed,
            carried=carried,
        )

    def _public(self) -> bool | None:
        """A file that its system shows to everybody may have come with a comment that it does not."""
        told: bool | None = self.comment.data.get("public")
        if self.comment.kind != ATTACHMENT or told is False or not self._shades():
            return told
        return False if shaded(self.comment, self._beside()) else told

    def _shades(self) -> bool:
        """Elsewhere a file says by itself who may see it."""
        connected = self.copying.world.connections.get(self.comment.connection)
        own = connected.connector.talk if connected is not None else None
        return own is not None and own.shades


def _lost(pairs: Iterable[LinkRow]) -> None:
    """They are of a copy. One that was deleted there stays so."""
    for pair in pairs:
        end(pair, "its copy was deleted there")


def _copy(pair: LinkRow | None) -> Copy:
    if pair is None:
        return Copy.NONE
    return Copy.OVER if pair.state == LinkState.DEAD else Copy.THERE
