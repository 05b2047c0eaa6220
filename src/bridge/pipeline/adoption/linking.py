"""Linking one pair for good, and making both records known without waking a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.ledger import links
from bridge.ledger import store as ledger
from bridge.ledger.sighting import Context
from bridge.ledger.tables import AdoptionPairRow
from bridge.pipeline import gone
from bridge.pipeline.adoption import judging
from bridge.pipeline.adoption.ends import Bounds
from bridge.pipeline.adoption.finding import Seen
from bridge.pipeline.adoption.wish import Outcome
from bridge.pipeline.after import tell_linked, tell_said
from bridge.pipeline.deciding import decide_event
from bridge.pipeline.shown import Shown
from bridge.pipeline.timing.planning import plan
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.pipeline.write_back import believe, refresh
from bridge.rules.ruleset import RuleSet


@dataclass(frozen=True, kw_only=True)
class Linking:
    """One transaction's worth of pairs. The caller holds the locks of their records."""

    session: Session
    world: World
    rules: RuleSet
    note: str
    announce: bool
    live_since: Mapping[str, datetime]
    now: datetime

    def link(self, row: AdoptionPairRow, seen: Mapping[Ref, Seen], bounds: Bounds) -> None:
        """Judge the pair again, for things may have changed since the plan, and act on it."""
        verdict = judging.look_at_ends(row, seen) or judging.against_links(
            self.session, row, bounds
        )
        row.outcome, row.reason = verdict.outcome, verdict.reason
        if verdict.outcome not in {Outcome.LINK, Outcome.LINKED}:
            return
        left, right = Ref.parse(row.left_ref or ""), Ref.parse(row.right_ref or "")
        for ref in (left, right):
            self._know(seen[ref])
        if verdict.outcome is Outcome.LINK:
            self._adopt(row, right, seen, slot=verdict.slot)

    def _adopt(
        self, row: AdoptionPairRow, right: Ref, seen: Mapping[Ref, Seen], *, slot: str
    ) -> None:
        left = Ref.parse(row.left_ref or "")
        shown = {**_shown(seen[right]), "note": self.note}
        wanted = links.Wanted(
            left_ref=str(left),
            left_kind=_kind(seen[left]),
            right_kind=_kind(seen[right]),
            right_connection=right.connection,
            relation=row.relation,
            role=row.role,
            event_id=None,
            delivery_id=None,
            slot=slot,
        )
        if not links.adopt(self.session, wanted, right_ref=str(right), now=self.now, **shown):
            row.outcome, row.reason = Outcome.CONFLICT, "another link was made at this moment"
            return
        row.outcome, row.reason = Outcome.ADOPTED, f"linked as {wanted.id}"
        if self.announce:
            self._announce(wanted.id, str(left))

    def _know(self, seen: Seen) -> None:
        """Put a record that was never seen into the ledger, as history that rules leave alone.

        One that is known stays as it is: its news must come by the ways that rules listen to. But
        one that was deleted is there again, since it was read just now.
        """
        sighting, source = seen.sighting, seen.source
        assert sighting is not None
        assert source is not None
        ref = str(sighting.ref)
        row = ledger.record(self.session, ref)
        if row is None or row.deleted_at is not None:
            context = Context(
                now=self.now,
                kinds=self.world.kinds,
                live_since=self.live_since.get(sighting.ref.connection),
            )
            work = Work(self.session, self.world)
            applied = ledger.apply_in(work.ledger, sighting, context)
            if applied is not None and applied.returned:
                work.ledger.write_records()
                gone.restored(self.session, self.world, ref, now=self.now)
            if applied is not None:
                plan(work, self.rules, applied, now=self.now)
                decide_event(
                    work,
                    self.world,
                    self.rules,
                    applied.event,
                    before=None,
                    message_id=None,
                    now=self.now,
                )
                self.world.metrics.recorded(applied.event.kind, applied.event.origin)
            work.write()
        shown = Shown(self.session)
        believe(shown, ref, source.write_back, seen.fields, now=self.now)
        shown.write()

    def _announce(self, link_id: str, left: str) -> None:
        """Tell the rules of the link, and keep the fields that are written back."""
        link = links.by_id(self.session, [link_id])[link_id]
        tell_linked(self.session, self.world, link, message_id=None, now=self.now)
        tell_said(self.session, self.world, [link], now=self.now)
        work = Work(self.session, self.world)
        refresh(work, self.world, self.rules, left, cause=link_id, now=self.now)
        work.write()


def _kind(seen: Seen) -> str:
    assert seen.sighting is not None
    return seen.sighting.kind


def _shown(seen: Seen) -> dict[str, str]:
    """The key and the address that people know the right end by."""
    assert seen.sighting is not None
    record = seen.sighting.record
    key = record.get("key") or record.get("number") or ""
    return {"key": str(key), "url": str(record.get("url") or "")}
