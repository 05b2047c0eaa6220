"""The work of an audit, some links a step: read both ends, compare, keep what does not agree.

The systems are asked outside any transaction, by the breaker's word and within what their quotas
spare; what was found and how far the audit has come are one. A step that finds its audit moved on
keeps nothing: so it survives a kill, and counts no link twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.ledger import links as all_links
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.tables import DriftRow, LinkRow, LinkState
from bridge.outbox.pulse import Pulse
from bridge.pipeline.adoption.finding import look
from bridge.pipeline.drift import store
from bridge.pipeline.drift.comparing import Comparing
from bridge.pipeline.drift.found import Found, Outcome
from bridge.pipeline.drift.repairing import Repairing
from bridge.pipeline.leased import TERM, Steps, take
from bridge.pipeline.sparing import heed_quotas
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.pipeline.write_back import confirm
from bridge.rules.ruleset import RuleSet

CHUNK = 50  # links a step: one call for each side
REPAIRED = (
    10  # links a step of a repair: both ends of each are read again, and written under a lock
)
ALARM = "drift"
T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Auditing:
    """Goes on with audits, one step at a time.

    `pulse`: which connections may be asked. `least`: the share that must agree, or there is an alarm.
    `stamp`: how old `in_step_as_of` of a record must be before it is confirmed.
    """

    world: World
    pulse: Pulse
    least: float = 0.99
    stamp: timedelta = timedelta(hours=24)
    scale: float = 1.0  # of waits
    chunk: int = CHUNK

    def step(self) -> int:
        """One step of one audit; 0 when there is none to go on with."""
        now = self.world.clock.now()
        leased = take(self.world.database, store.waiting, store.lease, now=now, term=TERM)
        if leased is None:
            return 0
        act = self._compare if leased.state == store.COMPARING else self._repair
        self._steps.do(leased, lambda rules: act(leased, rules))
        return 1

    @property
    def _steps(self) -> Steps[DriftRow]:
        return Steps(
            what="drift",
            world=self.world,
            pulse=self.pulse,
            still=store.still,
            over=_over,
            scale=self.scale,
        )

    def _compare(self, leased: DriftRow, rules: RuleSet) -> None:
        left = self._left(leased)
        with self.world.database.reading() as session:
            links = store.next_links(session, leased, rules.syncs, limit=min(self.chunk, left))
            beside = self._beside(session, rules, links)
        refs = {Ref.parse(ref) for one in (*links, *beside) for ref in _ends(one)}
        for name in sorted({ref.connection for ref in refs}):
            heed_quotas(self.world, self.world.connections[name], scale=self.scale)
        seen = look(self.world.connections, rules, refs, self._steps.ask(leased))
        with self.world.database.reading() as session:
            comparing = Comparing(
                session=session,
                world=self.world,
                rules=rules,
                links=_alive(session, (*links, *beside)),
                seen=seen,
                now=self.world.clock.now(),
            )
            found = {one.link_id: one for one in comparing.found()}
        with self.world.database.transaction() as session:
            row = self._steps.ours(session, leased, rules)
            if row is None:
                return
            self._confirm(session, rules, found)
            self._keep(session, row, links, found)
            self._went_on(session, row, links, most=min(self.chunk, left))

    def _left(self, row: DriftRow) -> int:
        """How many links are still to be compared."""
        if row.sample is None:
            return self.chunk
        return max(row.sample - int(row.counts.get("links", 0)), 0)

    def _beside(self, session: Session, rules: RuleSet, links: Sequence[LinkRow]) -> list[LinkRow]:
        """The other links of these records: only where all of them agree is a record in step."""
        known = {link.id for link in links}
        theirs = all_links.from_left(session, {link.left_ref for link in links})
        return [
            link
            for link in theirs
            if link.id not in known
            and link.state == LinkState.LIVE
            and any(sync.wants(role=link.role, relation=link.relation) for sync in rules.syncs)
        ]

    def _keep(
        self,
        session: Session,
        row: DriftRow,
        links: Sequence[LinkRow],
        found: dict[str, Found],
    ) -> None:
        mine = [found[link.id] for link in links if link.id in found]
        differences = [one for each in mine for one in each.differences]
        store.add(session, row, differences, now=self.world.clock.now())
        causes = Counter(f"{one.cause}" for one in differences)
        row.counts = store.counted(
            row.counts,
            Counter(one.outcome for one in mine),
            links=len(links),
            fields=sum(one.fields for one in mine),
            fields_in_step=sum(one.in_step for one in mine),
            **causes,
        )

    def _went_on(
        self, session: Session, row: DriftRow, links: Sequence[LinkRow], *, most: int
    ) -> None:
        now = self.world.clock.now()
        row.problem, row.not_before = "", now
        if links:
            row.cursor = links[-1].id
        if len(links) < most and row.begins and not row.rounds:
            row.cursor, row.rounds = "", 1  # the first ids follow the last ones
        elif len(links) < most or self._left(row) == 0:
            row.state, row.ended_at, row.cursor = "done", now, ""
            self._tell(session, row)
            log.info("drift.compared", drift=row.id, **row.counts)

    def _confirm(self, session: Session, rules: RuleSet, found: dict[str, Found]) -> None:
        """Say on the left records that they are in step, where that was said long ago."""
        by_left: dict[str, set[Outcome]] = {}
        for one in found.values():
            by_left.setdefault(one.left_ref, set()).add(one.outcome)
        lefts = sorted(ref for ref, said in by_left.items() if said == {Outcome.IN_STEP})
        work = Work(session, self.world, locked=lock_with_linked(session, lefts))
        for left in lefts:
            confirm(work, self.world, rules, left, age=self.stamp, now=self.world.clock.now())
        work.write()

    def _tell(self, session: Session, row: DriftRow) -> None:
        share, now = store.share(row.counts), self.world.clock.now()
        if share is None:
            return
        compared = row.counts.get(Outcome.IN_STEP, 0) + row.counts.get(Outcome.DRIFTED, 0)
        said = f"{share:.1%} of {compared} linked pairs agree"
        if share >= self.least:
            self.world.alarms.lift(session, ALARM, text=said, now=now)
            return
        self.world.alarms.lower(
            session,
            ALARM,
            kind="drift",
            text=f"{said}, less than {self.least:.1%}",
            remedy=f"bridge drift differences {row.id}, then bridge drift repair {row.id} --dry-run",
            link=f"{self.world.public_url}/api/v1/drift/{row.id}/differences",
            now=now,
        )

    def _repair(self, leased: DriftRow, rules: RuleSet) -> None:
        repairing = Repairing(world=self.world, rules=rules, ask=self._steps.ask(leased))
        with self.world.database.reading() as session:
            rows = store.to_repair(
                session, leased.id, after=int(leased.cursor or 0), limit=REPAIRED
            )
        links = sorted({row.link_id for row in rows})
        for ref in sorted({ref for row in rows for ref in (row.left_ref, row.right_ref)}):
            repairing.look_again(Ref.parse(ref))
        with self.world.database.transaction() as session:
            row = self._steps.ours(session, leased, rules)
            if row is None:
                return
            outcomes = repairing.bring_in_step(session, row, links)
            told = store.settle(session, [one.seq for one in rows], outcomes)
            row.counts = store.counted(row.counts, {}, **told)
            row.problem, row.not_before = "", self.world.clock.now()
            if rows:
                row.cursor = str(rows[-1].seq)
            if len(rows) < REPAIRED:
                row.state, row.repaired_at = "repaired", self.world.clock.now()
                log.info("drift.repaired", drift=row.id)


def _over(row: DriftRow, now: datetime) -> None:
    row.ended_at = now


def _ends(link: LinkRow) -> tuple[str, ...]:
    return tuple(ref for ref in (link.left_ref, link.right_ref) if ref)


def _alive(session: Session, links: Sequence[LinkRow]) -> list[LinkRow]:
    """Those of them that still are, as they are now."""
    known = all_links.by_id(session, [link.id for link in links])
    return [row for row in known.values() if row.state == LinkState.LIVE]
