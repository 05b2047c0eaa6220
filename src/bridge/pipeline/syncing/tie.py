"""A live link whose two records are in a sync, and how its pairs of fields stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from sqlalchemy import func, select

from bridge.canonical.ref import Ref
from bridge.converters.contract import Directory
from bridge.ledger.latest import Latest
from bridge.ledger.tables import ChangeRow, LinkRow, LinkState
from bridge.outbox import store
from bridge.pipeline.work import Work
from bridge.rules.agree import Carry, End, Side, agree, decided
from bridge.rules.judged import Judged, in_vendor_words, named
from bridge.rules.reading import UNKNOWN, Unknown
from bridge.rules.ruleset import RuleSet
from bridge.rules.same import plain
from bridge.rules.sync import Pair, Sync

# What a record shows so soon after it was made, whoever made it has given, or their system.
MADE = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Tie:
    """A link in one sync, with what is known of its two records."""

    work: Work
    sync: Sync
    link: LinkRow
    records: Mapping[End, Latest]
    directory: Directory

    def ref(self, end: End) -> Ref:
        return Ref.parse(self.records[end].ref)

    def connection(self, end: End) -> str:
        return self.records[end].connection

    @property
    def stopped(self) -> End | None:
        """The end that says that nothing is to be written now."""
        return self.sync.stopped({end: row.data for end, row in self.records.items()})

    def words(self, said: str) -> str:
        """A reason with the connections' names in place of left and right."""
        return named(said, {end: self.connection(end) for end in End})

    def judge(self) -> list[Judged]:
        """Every pair as it stands now."""
        return [self._judged(pair) for pair in self.sync.pairs]

    def remember(self, pair: Pair, values: Mapping[End, Any], *, now: datetime) -> None:
        """The two agree, each with its value."""
        for end, value in values.items():
            self.shadow(pair, end, value, now=now)

    def shadow(
        self, pair: Pair, end: End, value: Any, *, stamp: datetime | None = None, now: datetime
    ) -> None:
        """This is the shadow of one end now; the stamp is the record's, if not said."""
        row, name = self.records[end], pair.slot(end).name
        self.work.shadows.remember(
            self.link.id, row.ref, name, value, stamp=stamp or row.stamp, now=now
        )

    def judged_by(self, one: Judged, taken: End) -> Judged:
        """The same pair, if the value of this end counts."""
        left, right = one.sides[End.LEFT], one.sides[End.RIGHT]
        found = decided(left, right, taken, self._carry(one.pair, one.sides))
        return in_vendor_words(one.pair, one.sides, found)

    def _judged(self, pair: Pair) -> Judged:
        sides = self._sides(pair)
        carry = self._carry(pair, sides)
        found = agree(sides[End.LEFT], sides[End.RIGHT], pair.owner, carry)
        return in_vendor_words(pair, sides, found)

    def _carry(self, pair: Pair, sides: Mapping[End, Side]) -> Carry:
        values = {end: side.value for end, side in sides.items()}
        shown = {end: one for end, one in values.items() if not isinstance(one, Unknown)}
        urls = {end: row.url or "" for end, row in self.records.items()}
        return pair.carry(self.directory, shown=shown, urls=urls)

    def _sides(self, pair: Pair) -> dict[End, Side]:
        """Both ends with their shadows, and with their times where those decide."""
        shadows = {end: self._shadow(pair, end) for end in End}
        if any(isinstance(one, Unknown) for one in shadows.values()):
            shadows = dict.fromkeys(End, UNKNOWN)
        sides = {
            end: Side(
                value=self._value(pair, end),
                shadow=shadows[end],
                spelled=partial(pair.spelled, end),
            )
            for end in End
        }
        if not all(side.has_news for side in sides.values()) or pair.owner.value in set(End):
            return sides
        times = {end: self._changed(pair, end) for end in End}
        if self._is_as_made(pair, sides[End.RIGHT], times[End.RIGHT]):
            sides[End.RIGHT] = replace(sides[End.RIGHT], shadow=sides[End.RIGHT].value)
            return sides
        return {end: replace(side, changed_at=times[end]) for end, side in sides.items()}

    def _value(self, pair: Pair, end: End) -> Any:
        """What its record shows; what we wrote, as long as it has not been shown since."""
        ref, name = self.records[end].ref, pair.slot(end).name
        written = self.work.shadows.written(self.link.id, ref, name)
        return self.records[end].data.get(name, UNKNOWN) if written is None else written.bare

    def _shadow(self, pair: Pair, end: End) -> Any:
        """Of a record that has taken another's place, an empty field was emptied by nobody."""
        row, name = self.records[end], pair.slot(end).name
        shadows, place = self.work.shadows, (self.link.id, row.ref, name)
        if shadows.inherited(*place) and plain(row.data.get(name)) is None:
            return UNKNOWN
        return shadows.of(*place)

    def _is_as_made(self, pair: Pair, right: Side, at: datetime | None) -> bool:
        """Whether the right end is ours, and nobody has touched this field of it since we made it.

        Who sees it first when somebody has edited it already sees one time for all of its fields. Then
        those are as they were made that hold what the create has sent, and of others nobody knows.
        """
        row = self.records[End.RIGHT]
        if self.link.delivery_id is None or not isinstance(right.shadow, Unknown):
            return False
        sent, made = pair.slot(End.RIGHT).shown(self._sent), row.created_at
        as_sent = right.shows(sent)
        if as_sent and (at is None or at <= row.seen_at):
            return True
        soon = MADE if as_sent or isinstance(sent, Unknown) else timedelta(0)
        return made is not None and at is not None and at <= made + soon

    @cached_property
    def _sent(self) -> Mapping[str, Any]:
        """The fields that the create of the right end has sent; what its answer tells is surer."""
        made = store.one(self.work.session, self.link.delivery_id or "")
        if made is None:
            return {}
        return (made.result or {}).get("wrote") or self.work.sends(made)

    def _changed(self, pair: Pair, end: End) -> datetime | None:
        """When this field last changed, by its vendor's clock, as far as anybody has told.

        Of what has not changed since we know the record: by then, whatever has changed beside it.
        """
        row, name = self.records[end], pair.slot(end).name
        fresh = self.work.ledger.changed_at(row.ref, name)
        if fresh is not None:
            return fresh
        query = select(func.max(ChangeRow.at)).where(
            ChangeRow.record == row.ref, ChangeRow.field == name
        )
        told = self.work.session.scalar(query)
        return told or (row.stamp and min(row.stamp, row.seen_at))


def ties(work: Work, rules: RuleSet, ref: str) -> Iterator[Tie]:
    """The live links of this record that are in a sync, with each of their syncs."""
    if not rules.syncs:
        return
    for link in work.known.links_of(ref):
        yield from of_link(work, rules, link)


def of_link(work: Work, rules: RuleSet, link: LinkRow) -> Iterator[Tie]:
    """The syncs that this link is in; of a record that is not known, or gone, there is none."""
    if link.state != LinkState.LIVE or link.right_ref is None:
        return
    known = work.known.records([link.left_ref, link.right_ref])
    left, right = known.get(link.left_ref), known.get(link.right_ref)
    if left is None or right is None or left.deleted_at or right.deleted_at:
        return
    for sync in rules.syncs:
        if (left.source, right.source) != (sync.left.id, sync.right.id):
            continue
        if sync.wants(role=link.role, relation=link.relation):
            records = {End.LEFT: left, End.RIGHT: right}
            yield Tie(
                work=work, sync=sync, link=link, records=records, directory=work.directory(rules)
            )


def foresee(work: Work, rules: RuleSet, refs: list[str]) -> None:
    """Read at once what judging the links of these records will need."""
    if rules.syncs:
        links = {link.id for ref in refs for link in work.known.links_of(ref)}
        work.shadows.fetch(links)
