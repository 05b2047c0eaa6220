"""What a replay does with one delivery. The plan asks the same question as the run, so they agree.

Both ask it of the world as it is then, and of what the replay has said of its earlier items.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.outbox import overtaken
from bridge.outbox.arming import Actions
from bridge.outbox.store import may_have_happened
from bridge.outbox.tables import GOOD, OPEN, DeliveryRow, State
from bridge.pipeline.replay.placing import Sent, copy_of, place
from bridge.pipeline.world import World
from bridge.replays import store
from bridge.replays.tables import ReplayRow
from bridge.rules.arguments import fitted


class Will(StrEnum):
    """What becomes of an item."""

    SEND = "send"  # it is owed again
    WAIT = "wait"  # the same, and it waits for the record that another one makes
    REPEAT = "repeat"  # it went well; the same goes out once more, as a delivery of its own
    NEWER = "newer"  # the newer one goes in its place, as a delivery of its own
    GIVE_WAY = "give_way"  # newer state is there: it is left out
    ALREADY = "already"  # it goes in the place of another one of this replay
    DEAD = "dead"  # it cannot go, and says why
    UNDER_WAY = "under_way"  # it is owed by now: left alone
    WELL = "well"  # it was to be sent, and has gone well since the plan: left alone
    GONE = "gone"  # it is not kept any more
    BROKEN = "broken"  # a fault of ours; see the log
    DECIDE = "decide"  # an event: what it owes is beside it
    NOTHING = "nothing"  # an event: no rule asks for anything that is not there
    NO_FACTS = "no_facts"  # what it was decided with is not kept any more
    NO_RULES = "no_rules"  # the rules of then cannot be loaded any more
    UNDECIDED = "undecided"  # no rules have decided it yet


IN_PLACE = frozenset({Will.SEND, Will.WAIT})
FAULT = "a fault of Bridge itself; see the log"
SENDS = frozenset({Will.SEND, Will.WAIT, Will.REPEAT, Will.NEWER})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`sent`: the delivery whose action goes out. `newer`: what it gives way to."""

    will: Will
    note: str = ""
    sent: DeliveryRow | None = None
    newer: DeliveryRow | None = None


@dataclass(frozen=True, kw_only=True)
class Judge:
    """`said` is the column by which earlier items of this replay are known: `will` or `did`."""

    session: Session
    world: World
    run: ReplayRow
    said: InstrumentedAttribute[str]
    now: datetime

    def judge(self, row: DeliveryRow) -> Verdict:
        """Nothing is changed by it."""
        if row.state in OPEN:
            return Verdict(will=Will.UNDER_WAY, note=f"it is {row.state}: left alone")
        newer = None if self.run.options.get("force") else self._newer(row)
        if newer is not None:
            return self._overtaken(newer)
        if row.state in GOOD and self._goes_for_another(row):
            return Verdict(will=Will.ALREADY, note="it goes in the place of an older one")
        return self._as_it_would_be(row)

    def _newer(self, row: DeliveryRow) -> DeliveryRow | None:
        """What is to go before it by this replay counts as written."""
        return overtaken.newer(
            self.session,
            row,
            self.world.actions,
            or_open=row.state in GOOD,
            or_these=store.is_one_of(self.run.id, DeliveryRow.seq, self.said, IN_PLACE),
        )

    def _overtaken(self, newer: DeliveryRow) -> Verdict:
        written = newer.state in GOOD
        says = "has written newer state since" if written else "is to write newer state"
        note = f"{newer.id} {says}"
        goes_anyway = not written or self._goes_for_another(newer)
        if self.run.options.get("newer") != "send" or goes_anyway:
            return Verdict(will=Will.GIVE_WAY, note=note, newer=newer)
        return Verdict(will=Will.NEWER, note=note, newer=newer, sent=newer)

    def _goes_for_another(self, row: DeliveryRow) -> bool:
        return store.sends(self.session, self.run.id, row.seq, self.said, Will.NEWER)

    def _as_it_would_be(self, row: DeliveryRow) -> Verdict:
        """Placed on trial: on a copy that no session knows."""
        trial = copy_of(row, row.id)
        place(self.session, self.world, trial, sent=self.sent, now=self.now)
        if trial.state == State.DEAD:
            return Verdict(will=Will.DEAD, note=trial.reason)
        if needs_copy(row):
            return Verdict(will=Will.REPEAT, sent=row)
        will = Will.WAIT if trial.state == State.WAITING else Will.SEND
        return Verdict(will=will, note=trial.reason, sent=row)

    @property
    def sent(self) -> Sent:
        """Whether a delivery is one that this replay has said it sends."""
        return lambda row: store.says(self.session, self.run.id, row.seq, self.said, IN_PLACE)


def needs_copy(row: DeliveryRow) -> bool:
    """What went well stays as it is, and so does what was superseded: the replay is a row of its own."""
    return row.state in GOOD | {State.SUPERSEDED}


def surely_not_done(row: DeliveryRow) -> bool:
    """Nothing of it can be at the vendor, so that one look is enough before it goes out again."""
    return row.state not in GOOD and not may_have_happened(row)


def part_of(row: DeliveryRow, actions: Actions) -> str:
    """The channel that a card goes by; empty for what is about a record, or has no such part."""
    kind = actions.get(row.action)
    if kind is None or kind.target or kind.creates:
        return ""
    action = fitted(kind, row.args, target=None)
    return "" if isinstance(action, str) else action.ordering_key()
