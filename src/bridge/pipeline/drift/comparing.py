"""Compare linked records as they are now, field by field, as their syncs would. Nothing is written.

What a record shows live is applied as if a message had told it, in a work that is never written; then
the engine of syncs is asked. So what agrees here is what it would leave alone, and what does not is what
it would write.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.ledger import latest
from bridge.ledger.latest import Latest
from bridge.ledger.tables import LinkRow
from bridge.pipeline.adoption.finding import Seen
from bridge.pipeline.drift import store
from bridge.pipeline.drift.found import Cause, Difference, Found, Outcome
from bridge.pipeline.syncing.live import live
from bridge.pipeline.syncing.mending import refused
from bridge.pipeline.syncing.owing import names_of
from bridge.pipeline.syncing.tie import Tie, of_link
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.agree import End, Verdict
from bridge.rules.judged import Judged
from bridge.rules.reading import Unknown
from bridge.rules.ruleset import RuleSet
from bridge.rules.same import same

YOUNG = timedelta(minutes=2)  # what was changed since is left to its message, which is on its way


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """Some links, with the records at their ends as they were read a moment ago."""

    session: Session
    world: World
    rules: RuleSet
    links: Sequence[LinkRow]
    seen: Mapping[Ref, Seen]
    now: datetime

    def found(self) -> Iterator[Found]:
        """What each of them comes to, in their order."""
        for link in self.links:
            yield self._found(link)

    def _found(self, link: LinkRow) -> Found:
        ends = (Ref.parse(link.left_ref), Ref.parse(link.right_ref or ""))
        known = self._known  # before the live records are looked at
        ties = list(of_link(self._live, self.rules, link))
        if link.id in self._busy or self._is_young(ends, known):
            return self._none(link, Outcome.UNDER_WAY)
        if not ties:
            return self._none(link, Outcome.UNKNOWN)
        absent = [whole for ref in ends if (whole := self._absent(ties[0], ref)) is not None]
        if absent:
            found = self._none(link, Outcome.DRIFTED)
            return replace(found, differences=tuple(absent))
        going = [tie for tie in ties if tie.stopped is None]
        if not going:
            return self._none(link, Outcome.STOPPED)
        return self._compared(link, going)

    def _compared(self, link: LinkRow, ties: Sequence[Tie]) -> Found:
        fields = in_step = 0
        differences: list[Difference] = []
        for tie in ties:
            for one in tie.judge():
                if one.verdict is Verdict.UNKNOWN:
                    continue
                fields += 1
                if one.verdict is Verdict.IN_STEP:
                    in_step += 1
                else:
                    differences.append(self._difference(tie, one))
        outcome = Outcome.DRIFTED if differences else Outcome.IN_STEP
        found = self._none(link, outcome)
        return replace(found, fields=fields, in_step=in_step, differences=tuple(differences))

    def _absent(self, tie: Tie, ref: Ref) -> Difference | None:
        """A record that is not there any more, or that no source takes."""
        seen = self.seen.get(ref)
        if seen is None:
            reason = f"{ref} is not there any more, and no message told"
            return self._whole(tie, Cause.LOST, reason)
        if seen.sighting is None:
            return self._whole(tie, Cause.UNMAPPED, f"{ref} {seen.reason}")
        return None

    def _is_young(self, ends: Sequence[Ref], known: Mapping[str, Latest]) -> bool:
        """Whether an end was changed a moment ago, and Bridge does not know it yet."""
        for ref in ends:
            seen, row = self.seen.get(ref), known.get(str(ref))
            stamp = seen.sighting.stamp if seen and seen.sighting else None
            if stamp is None or row is None or row.stamp is None or stamp <= row.stamp:
                continue
            if self.now - stamp < YOUNG * self.world.scale:
                return True
        return False

    def _difference(self, tie: Tie, one: Judged) -> Difference:
        cause, reason = self._why(tie, one)
        values = {end: one.sides[end].value for end in End}
        return Difference(
            **self._ends(tie),
            field=one.pair.name,
            left_value=_plain(values[End.LEFT]),
            right_value=_plain(values[End.RIGHT]),
            private=any(self._is_private(tie, one, end) for end in End),
            cause=cause,
            reason=reason,
            writes=str(tie.ref(one.end)) if one.end is not None else "",
        )

    def _why(self, tie: Tie, one: Judged) -> tuple[Cause, str]:
        said = tie.words(one.judgement.reason)
        if one.verdict is Verdict.STUCK:
            return Cause.UNMAPPED, said
        dead = self._refused.get(self._key(tie, one))
        if dead is not None:
            return Cause.REFUSED, f"{said}; refused: {dead}"
        if any(self._is_untold(tie, one, end) for end in End):
            return Cause.LOST, f"{said}, and no message told"
        return Cause.EDITED, said

    def _is_untold(self, tie: Tie, one: Judged, end: End) -> bool:
        """Whether an end shows what Bridge does not know of it."""
        name, live = one.pair.slot(end).name, tie.records[end]
        return not same(live.data.get(name), self._known[live.ref].data.get(name))

    def _is_private(self, tie: Tie, one: Judged, end: End) -> bool:
        kind = self.world.kinds[tie.sync.source(end).kind]
        return one.pair.slot(end).name in kind.private

    def _key(self, tie: Tie, one: Judged) -> tuple[str, str, str]:
        end = one.end
        if end is None:
            return tie.link.id, "", ""
        return tie.link.id, str(tie.ref(end)), one.pair.slot(end).sets

    def _whole(self, tie: Tie, cause: Cause, reason: str) -> Difference:
        return Difference(
            **self._ends(tie),
            field="",
            left_value=None,
            right_value=None,
            private=False,
            cause=cause,
            reason=reason,
            writes="",
        )

    def _ends(self, tie: Tie) -> dict[str, str]:
        return {
            "link_id": tie.link.id,
            "sync": tie.sync.id,
            "left_ref": str(tie.ref(End.LEFT)),
            "right_ref": str(tie.ref(End.RIGHT)),
        }

    def _none(self, link: LinkRow, outcome: Outcome) -> Found:
        return Found(link_id=link.id, left_ref=link.left_ref, outcome=outcome)

    @cached_property
    def _known(self) -> Mapping[str, Latest]:
        """What was known of these records before they were looked at."""
        refs = {ref for link in self.links for ref in (link.left_ref, link.right_ref) if ref}
        rows = latest.read(self.session, refs)
        return {row.ref: row for row in rows}

    @cached_property
    def _live(self) -> Work:
        """With the records as they are now."""
        seen = (self.seen.get(Ref.parse(ref)) for ref in sorted(self._known))
        shown = [one.sighting for one in seen if one is not None and one.sighting is not None]
        return live(self.session, self.world, self.rules, shown, now=self.now)

    @cached_property
    def _busy(self) -> frozenset[str]:
        return store.busy(self.session, self.links)

    @cached_property
    def _refused(self) -> Mapping[tuple[str, str, str], str]:
        """By link, record and what its action sets: why the last try to write it is dead."""
        return {
            (row.target_link or "", row.target_ref or "", name): row.reason
            for row in refused(self.session, self.links)
            for name in names_of(row)
        }


def _plain(value: Any) -> Any:
    return None if isinstance(value, Unknown) else value
