"""A breaker in any order of calls, probes and time, against what a person would say of it."""

from datetime import datetime, timedelta
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.outbox import breaker
from bridge.outbox.breaker import CEILING, FAILURES, WITNESSES, Breaker, Mode, Waits
from clocks import START

DEADLINE = timedelta(seconds=30)
RECORDS = st.sampled_from(["", "a", "b", "c", "d"])


class Switch(RuleBasedStateMachine):
    """`row` holds the failures since the last success while it is closed, as a person would list them."""

    def __init__(self) -> None:
        super().__init__()
        self.is_now = Breaker()
        self.now: datetime = START
        self.waits = Waits(random=Random(1))  # noqa: S311  (jitter)
        self.row: list[str] = []
        self.probe_out = False

    @precondition(lambda self: self.is_now.mode is Mode.CLOSED)
    @rule(who=RECORDS)
    def fail(self, who: str) -> None:
        self.row.append(who)
        self.is_now = breaker.failed(self.is_now, who, probe=False, now=self.now, waits=self.waits)
        last = self.row[-FAILURES:]
        witnesses = len(set(last) - {""}) + last.count("")
        opens = len(last) == FAILURES and witnesses >= WITNESSES
        assert (self.is_now.mode is Mode.OPEN) == opens

    @precondition(lambda self: self.is_now.mode is not Mode.CLOSED)
    @rule(who=RECORDS)
    def fail_late(self, who: str) -> None:
        """A call that was under way when it opened."""
        before = self.is_now
        self.is_now = breaker.failed(before, who, probe=False, now=self.now, waits=self.waits)
        assert self.is_now == before

    @rule()
    def live(self) -> None:
        self.is_now = breaker.lived(self.is_now)
        self.row, self.probe_out = [], False

    @rule(seconds=st.integers(1, 200))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.is_now.may_probe(self.now))
    @rule()
    def probe(self) -> None:
        self.is_now = breaker.probing(
            self.is_now, now=self.now, deadline=DEADLINE, waits=self.waits
        )
        self.probe_out = True
        assert not self.is_now.may_probe(self.now + DEADLINE)

    @precondition(lambda self: self.probe_out)
    @rule()
    def fail_the_probe(self) -> None:
        before = self.is_now.openings
        self.is_now = breaker.failed(self.is_now, "a", probe=True, now=self.now, waits=self.waits)
        self.probe_out = False
        assert self.is_now.openings >= before
        assert not self.is_now.may_probe(self.now)

    @precondition(lambda self: self.probe_out)
    @rule(asked=st.booleans())
    def tell_nothing(self, *, asked: bool) -> None:
        self.is_now = breaker.told_nothing(self.is_now, asked=asked, now=self.now, waits=self.waits)
        self.probe_out = False
        assert self.is_now.may_probe(self.now) != asked

    @invariant()
    def it_is_closed_or_has_a_time_for_its_next_probe(self) -> None:
        longest = DEADLINE + CEILING
        if self.is_now.mode is Mode.CLOSED:
            assert (self.is_now.until, self.is_now.openings) == (None, 0)
        else:
            assert self.is_now.until is not None
            assert self.is_now.until <= self.now + longest

    @invariant()
    def what_it_remembers_is_short(self) -> None:
        assert len(self.is_now.streak) <= FAILURES
