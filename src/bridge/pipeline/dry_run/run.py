"""A dry-run: stored events, page after page, under a candidate; progress on the way, the report at the end.

It reads and nothing else: no row is written, nothing is sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.clock import Clock
from bridge.db import Database
from bridge.errors import RuleError
from bridge.insight.window import Window
from bridge.outbox.arming import Actions
from bridge.pipeline.dry_run import stored
from bridge.pipeline.dry_run.allowance import Allowance
from bridge.pipeline.dry_run.calls import CallTally
from bridge.pipeline.dry_run.judge import Judge
from bridge.pipeline.dry_run.notes import notes
from bridge.pipeline.dry_run.report import Against, Progress, Report
from bridge.pipeline.dry_run.tally import Tally
from bridge.pipeline.dry_run.versions import Compile, Versions
from bridge.rules import store
from bridge.rules.ruleset import RuleSet

PAGE = 250  # events that one short read brings


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Which events, compared with what; `only` these rules, or all if there are none."""

    span: Window
    against: Against = "then"
    only: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """Everything that one needs: where the past is stored, and the candidate."""

    database: Database
    clock: Clock
    compile: Compile
    actions: Actions
    candidate: RuleSet
    allowances: Sequence[Allowance] = ()
    page: int = PAGE

    def run(self, wish: Wish) -> Iterator[Progress | Report]:
        """How far it is after each page, and the report last.

        Raises RuleError where it should compare with the active rules, and cannot load them.
        """
        began = self.clock.monotonic()
        versions = Versions(database=self.database, compile=self.compile, candidate=self.candidate)
        with self.database.reading() as session:
            total, active = stored.count(session, wish.span), store.active_hash(session)
            oldest = stored.oldest(session)
            syncs = stored.owed_by_syncs(session, wish.span)
        rules = versions.of(active) if active else None
        if rules is None and wish.against == "active":
            raise RuleError("no mappings are active that this version of Bridge can load")
        tally = Tally(
            actions=self.actions,
            candidate=self.candidate,
            active=rules,
            calls=CallTally.over(self.actions, self.allowances),
            only=wish.only,
        )
        judge = Judge(
            versions=versions, against=rules if wish.against == "active" else None, only=wish.only
        )
        yield Progress(done=0, total=total)
        for done in self._pages(wish, judge, tally):
            yield Progress(done=done, total=max(done, total))
        seconds = self.clock.monotonic() - began
        yield self._report(wish, tally, active=active, oldest=oldest, syncs=syncs, seconds=seconds)

    def _report(
        self,
        wish: Wish,
        tally: Tally,
        *,
        active: str | None,
        oldest: datetime | None,
        syncs: dict[str, int],
        seconds: float,
    ) -> Report:
        return Report(
            since=wish.span.since,
            until=wish.span.until,
            candidate=self.candidate.hash,
            active=active,
            against=wish.against,
            only=tuple(sorted(wish.only)),
            seconds=round(seconds, 3),
            events=tally.events(),
            versions=tally.version_counts(),
            unlike=tally.unlike,
            unlike_examples=tuple(tally.unlike_examples),
            deliveries=tally.deliveries(),
            records_then=tally.records("then"),
            records_now=tally.records("now"),
            records_differ=tally.records("differ"),
            rules=tuple(tally.rules()),
            calls=tuple(tally.calls.report(self.candidate.systems)),
            syncs=syncs,
            notes=tuple(notes(wish.span, oldest, tally, against=wish.against, syncs=syncs)),
        )

    def _pages(self, wish: Wish, judge: Judge, tally: Tally) -> Iterator[int]:
        """How many are done, after each page. No read is open while they are decided."""
        done, after = 0, None
        while True:
            with self.database.reading() as session:
                found = stored.page(session, wish.span, after=after, limit=self.page)
            for one in found:
                tally.add(one, judge.judge(one))
            done += len(found)
            if len(found) < self.page:
                return
            after = found[-1].event.recorded_at, found[-1].event.seq
            yield done
