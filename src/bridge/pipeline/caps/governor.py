"""Keeps rules within their caps: asked about each batch of deliveries before it is written.

It goes by what this node knows, without a statement. Only near a cap the database is asked what all
nodes have written, and what a person has decided; beyond the cap the rule is held.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, groupby
from operator import attrgetter

from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.clock import Clock
from bridge.db import Database, ring
from bridge.outbox import hold as holds
from bridge.outbox import wild
from bridge.outbox.same_error import Held, still_open
from bridge.outbox.tables import DeliveryRow, HoldRow, State
from bridge.pipeline.caps import store
from bridge.pipeline.caps.tally import EXAMPLES, Tally
from bridge.pipeline.caps.use import Weighed, beyond, beyond_at_record

_RULE = attrgetter("row.rule")
_Hold = tuple[str, str]  # id and reason


@dataclass(kw_only=True)
class Governor:
    """Of one node. `held`: the open holds it knows, which its dispatcher reads anew all the time; what
    that has not seen yet, it sees before it sends. `lower`: how people are told.
    """

    clock: Clock
    held: Held
    lower: Callable[..., None]
    public_url: str = ""
    tally: Tally = field(default_factory=Tally)
    _gathered: dict[str, int | None] = field(default_factory=dict)  # by hold: up to which delivery

    def judge(self, session: Session, weighed: Sequence[Weighed]) -> None:
        """Let these go, or put them into the hold of their rule; before they are written.

        In the order given, which is that of their events.
        """
        if not weighed:
            return
        now = self.clock.now()
        near = self._ask(session, weighed, now)
        for rule, own in groupby(sorted(weighed, key=_RULE), key=_RULE):
            self._judge(session, rule, list(own), rule in near, now)

    def flush_if_much(self, database: Database) -> None:
        """Tell other nodes what this one let go, as soon as it is a part of some cap."""
        if self.tally.much:
            self._flush(database)

    def flush_if_due(self, database: Database) -> None:
        """The same, also where it is little, every minute."""
        if self.tally.is_due(self.clock.monotonic()):
            self._flush(database)

    def _flush(self, database: Database) -> None:
        """In a transaction of its own: no event waits for what nodes share here."""
        taken = self.tally.take(self.clock.monotonic())
        try:
            with database.transaction(hasty=True) as session:
                now = self.clock.now()
                store.add(session, taken, now=now)
                base = store.sums(session, now=now)
        except Exception:
            self.tally.put_back(taken)
            raise
        self.tally.rebase(base)

    def gather(self, database: Database) -> int:
        """Hold what was pending when a rule was held, a few at a time; how many holds that was for."""
        with database.reading() as session:
            found = wild.open_holds(session)
        self._gathered = {hold_id: self._gathered.get(hold_id, 0) for hold_id in found.values()}
        left = [hold_id for hold_id, after in self._gathered.items() if after is not None]
        for hold_id in left:
            with database.transaction() as session:
                hold, after = holds.one(session, hold_id), self._gathered[hold_id]
                if hold is not None and hold.state == holds.OPEN:
                    self._gathered[hold_id] = wild.gather(session, hold, after=after or 0)
        return len(left)

    def _ask(self, session: Session, weighed: Sequence[Weighed], now: datetime) -> Collection[str]:
        """Ask the database about what may be beyond a cap. Of most batches nothing is.

        The rules of which each write must be looked at, but those that a person has spared for a while.
        """
        places = Counter(one.place for one in weighed)
        crowded = [one for one in weighed if self.tally.is_near(one, places[one.place], now=now)]
        busy = {
            rule
            for rule, own in groupby(sorted(weighed, key=_RULE), key=_RULE)
            if self._is_near(list(own))
        }
        rules = busy | {one.row.rule for one in crowded}
        if not rules:
            return ()
        decided = store.decided(session, rules, now=now)
        if busy:
            base = store.sums(session, now=now)
            for rule in busy:
                self.tally.knows(rule, base.get(rule))
        if crowded:
            subjects = {one.row.subject for one in crowded}
            found = store.times(session, subjects, {one.row.rule for one in crowded}, now=now)
            for place in {one.place for one in crowded}:
                last = decided.get(place[0])
                times = [at for at in found.get(place, ()) if last is None or at > last.at]
                self.tally.knows_times(place, times)
        return rules - {rule for rule, one in decided.items() if one.spares(now)}

    def _is_near(self, own: Sequence[Weighed]) -> bool:
        uses = accumulate((one.use for one in own[1:]), initial=self.tally.with_one_more(own[0]))
        return any(beyond(use, own[0].caps) for use in uses)

    def _judge(
        self, session: Session, rule: str, own: Sequence[Weighed], near: bool, now: datetime
    ) -> None:
        hold = self._open_hold(session, rule)
        for one in own:
            why = self._why_not(one, now) if near and not hold else ""
            if why:
                hold = self._hold(session, one.row, why, now)
            if hold:
                _put_into(one.row, *hold)
            else:
                self.tally.add(one, now=now)

    def _why_not(self, one: Weighed, now: datetime) -> str:
        """Why this one would be too much; empty if it is not."""
        at_record = beyond_at_record(self.tally.times(one, now=now), one.caps, one.place)
        return at_record or beyond(self.tally.with_one_more(one), one.caps)

    def _open_hold(self, session: Session, rule: str) -> _Hold | None:
        """The hold that this rule is in, which stays open until this transaction ends."""
        hold_id = self.held.holds.get(rule)
        if hold_id is None:
            return None
        if not still_open(session, [hold_id]):
            self.held.holds.pop(rule, None)
            return None
        return hold_id, f"rule {rule} is held: see hold {hold_id}"

    def _hold(self, session: Session, first: DeliveryRow, why: str, now: datetime) -> _Hold:
        """Open the hold, and tell people."""
        reason = f"rule {first.rule} is held: {why}"
        hold = holds.open_hold(
            session,
            wild.KIND,
            first.rule,
            reason=reason,
            connection=None,
            rule=first.rule,
            now=now,
        )
        self.held.holds[first.rule] = hold.id
        self._tell(session, hold, first, now)
        ring(session, CHORES)  # what is pending already is gathered
        return hold.id, hold.reason

    def _tell(self, session: Session, hold: HoldRow, first: DeliveryRow, now: datetime) -> None:
        shown = [first.id, *self.tally.examples(hold.about)][:EXAMPLES]
        self.lower(
            session,
            f"blast:{hold.about}",
            kind="held",
            text=f"{hold.reason}; all it asks waits, others go on; for example {', '.join(shown)}",
            remedy=(
                f"look at them; then: bridge rules release {hold.about}, or:"
                f" bridge rules discard {hold.about}; its caps: bridge rules caps"
            ),
            link=f"{self.public_url}/api/v1/deliveries/{first.id}",
            now=now,
        )


def _put_into(row: DeliveryRow, hold_id: str, reason: str) -> None:
    """One that waits for a link goes on waiting, and is held when that is there."""
    row.hold_id = hold_id
    if row.state == State.PENDING:
        row.state, row.reason = State.HELD, reason
