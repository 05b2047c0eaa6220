"""Any order of owing, claiming, ending, dying, lapsing, holding, cancelling and replaying."""

from collections import Counter
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete
from typing_extensions import override

from bridge.db import Database
from bridge.errors import AmbiguousOutcome, CredentialError, PermanentError, TransientError
from bridge.outbox import agreement, connection, hold, ordering, same_error
from bridge.outbox.claims import Claimed
from bridge.outbox.tables import (
    OPEN,
    AttemptRow,
    ConnectionRow,
    DeliveryRow,
    FollowUpRow,
    HoldRow,
    OrderingKeyRow,
    State,
)
from bridge.pipeline.acts.cancel import cancel
from bridge.pipeline.chores import Chores
from bridge.replays.tables import ReplayItemRow, ReplayRow
from clocks import START, FakeClock
from outbox.stand import Stand
from outbox.vendor import Create, Fill, Killed, Post, Update, Wind

TABLES = (
    *(AttemptRow, DeliveryRow, OrderingKeyRow, HoldRow, ConnectionRow, FollowUpRow),
    *(ReplayRow, ReplayItemRow),
)
WELL = (State.SUCCEEDED, State.MERGED, State.SUPERSEDED, State.UNCHANGED)
QUEUED = (State.PENDING, State.IN_FLIGHT)
BEFORE = st.sampled_from(
    [
        Wind(),
        Wind(error=TransientError("busy")),
        Wind(error=TransientError("slow down", retry_after=90.0)),
        Wind(error=AmbiguousOutcome("cut")),
        Wind(error=PermanentError("no")),
        Wind(error=CredentialError("expired")),
        Wind(error=CredentialError("expired", part="channel:1")),
        Wind(error=KeyError("ours")),
        Wind(error=Killed()),
    ]
)
AFTER = st.sampled_from(
    [
        Wind(error=AmbiguousOutcome("cut"), after=True),
        Wind(error=KeyError("ours"), after=True),
        Wind(error=Killed(), after=True),
    ]
)
MISTS = st.sampled_from([TransientError("busy"), AmbiguousOutcome("cut"), KeyError("ours")])
ANY = st.integers(0, 1_000)


class Outbox(RuleBasedStateMachine):
    """What the vendor has seen is the judge."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        with self.database.transaction() as session:
            for table in TABLES:
                session.execute(delete(table))
        self.stand = Stand.up(self.database, FakeClock(START), tries=6)
        self.hands: list[Claimed] = []
        self.ends: dict[str, str] = {}  # delivery -> how it ended
        self.touched: set[str] = set()  # write keys that a person had sent again
        self.number = 0

    @initialize()
    def begin(self) -> None:
        with self.database.transaction() as session:
            self.hold_id = hold.open_hold(
                session,
                "observe",
                "all",
                reason="",
                connection="shop",
                rule=None,
                now=self.stand.clock.now(),
            ).id

    @rule(
        kind=st.sampled_from(
            [Create.kind, Update.kind, Fill.kind, Fill.kind, Fill.kind, Post.kind]
        ),
        place=st.sampled_from("12"),
        names=st.sampled_from(["a", "b", "ab"]),
        held=st.booleans(),
        urgent=st.booleans(),
        dead_head=st.sampled_from(["pass", "pass", "block"]),
        ambiguous=st.sampled_from(["skip", "repeat"]),
    )
    def owe(
        self,
        kind: str,
        place: str,
        *,
        names: str,
        held: bool,
        urgent: bool,
        dead_head: str,
        ambiguous: str,
    ) -> None:
        self.number += 1
        text = f"{self.number:03}"
        args: dict[str, dict[str, Any]] = {
            Create.kind: {"title": text},
            Update.kind: {"thing": place, "text": text},
            Post.kind: {"channel": place, "text": text},
            Fill.kind: {"thing": place, "fields": dict.fromkeys(names, text)},
        }
        waits = {"state": State.HELD, "hold_id": self.hold_id} if held else {}
        self.stand.owe(
            kind, args[kind], urgent=urgent, dead_head=dead_head, ambiguous=ambiguous, **waits
        )

    @rule(place=st.sampled_from("12"))
    def say_it_again(self, place: str) -> None:
        """The newest values that a thing was to be given, once more: perhaps they are there."""
        fills = [row for row in self.stand.all() if row.action == Fill.kind]
        newest = [row.args for row in fills if row.args["thing"] == place][-1:]
        for args in newest:
            self.stand.owe(Fill.kind, args)

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        self.hands += self.stand.claim(limit)

    @precondition(lambda self: self.hands)
    @rule(which=ANY, wind=BEFORE)
    def act(self, which: int, wind: Wind) -> None:
        self._act(which, wind)

    @precondition(lambda self: self.hands)
    @rule(which=ANY, wind=AFTER)
    def lose_the_answer(self, which: int, wind: Wind) -> None:
        self._act(which, wind)

    @precondition(lambda self: self.hands)
    @rule(which=ANY)
    def be_overtaken(self, which: int) -> None:
        """The call takes longer than the lease, and a rescuer comes."""
        self._act(which, Wind(meanwhile=self._rescue))

    @precondition(lambda self: self.hands)
    @rule(which=ANY)
    def fail_to_follow_up(self, which: int) -> None:
        self.stand.troubles.append(KeyError("ours"))
        self._act(which, Wind())
        self.stand.troubles.clear()

    @rule(status=st.sampled_from([200, 500, 0]))
    def weather(self, status: int) -> None:
        """The vendor goes away, or comes back."""
        self.stand.vendor.status = status

    @rule(mist=MISTS)
    def search_is_away(self, mist: Exception) -> None:
        self.stand.vendor.mists.append(mist)

    @rule()
    def lapse(self) -> None:
        self.stand.lapse()

    @rule(seconds=st.sampled_from([1, 61, 95, 2_000]))
    def wait(self, seconds: int) -> None:
        self.stand.clock.advance(seconds)

    @rule()
    def follow_up(self) -> None:
        Chores(world=self.stand.world).step()

    @precondition(lambda self: self.number)
    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        rows = self.stand.all()
        row, now = rows[which % len(rows)], self.stand.clock.now()
        with self.database.transaction() as session:
            gone = cancel(session, self.stand.world, [row], by="anna", why="", now=now)
        self._touch(*gone)

    @precondition(lambda self: self.number)
    @rule(which=ANY)
    def replay(self, which: int) -> None:
        rows = self.stand.all()
        row = rows[which % len(rows)]
        self._touch(row)
        self.stand.replay(row.id)

    @rule()
    def try_what_is_held(self) -> None:
        """One of each group that is held for the same error goes out."""
        with self.database.transaction() as session:
            for hold_id in same_error.open_holds(session):
                same_error.try_one(session, hold_id, now=self.stand.clock.now())

    @rule()
    def release(self) -> None:
        self._decide(drop=False)

    @rule()
    def discard(self) -> None:
        self._decide(drop=True)

    @rule()
    def resume(self) -> None:
        with self.database.transaction() as session:
            now = self.stand.clock.now()
            connection.set_by_person(session, "shop", connection.OPEN, reason="", now=now)

    @rule()
    def pause(self) -> None:
        with self.database.transaction() as session:
            now = self.stand.clock.now()
            connection.set_by_person(session, "shop", connection.PAUSED, reason="", now=now)

    @precondition(lambda self: self.hands)
    @rule(which=ANY, place=st.sampled_from("12"))
    def owe_meanwhile(self, which: int, place: str) -> None:
        """Another comes while a call is under way, perhaps to the same record."""
        self.number += 1
        text = f"{self.number:03}"
        self._act(which, Wind(meanwhile=lambda: self.stand.update(text, place)))

    @rule(things=st.lists(st.sampled_from("345"), min_size=1, max_size=4))
    def owe_for_bulk(self, things: list[str]) -> None:
        for thing in things:
            self.number += 1
            self.stand.paint(f"{self.number:03}", thing)

    @rule(wind=st.one_of(st.just(Wind()), BEFORE, AFTER), limit=st.integers(1, 3))
    def act_in_bulk(self, wind: Wind, limit: int) -> None:
        """Whatever is due goes out, and what may share a call does."""
        self.stand.vendor.winds.clear()
        self.stand.vendor.blow(wind)
        try:
            self.stand.bulk_step(limit=limit)
        except Killed:
            self.stand.vendor.winds.clear()

    @invariant()
    def nothing_in_bulk_goes_backwards(self) -> None:
        for thing in "345":
            texts = self.stand.vendor.texts(thing)
            assert texts == sorted(texts)

    @invariant()
    def nothing_is_done_twice(self) -> None:
        counts = Counter((one.action, one.key) for one in self.stand.vendor.written)
        uncertain = {row.write_key for row in self.stand.all() if row.uncertain}
        for (action, key), count in counts.items():
            if action == Create.kind:
                assert count == 1, f"{key} was made {count} times"
            if action == Post.kind and count > 1:
                assert key in uncertain | self.touched, f"{key} was sent {count} times, unmarked"

    @invariant()
    def nothing_goes_backwards(self) -> None:
        for thing in "12":
            texts = self.stand.vendor.texts(thing)
            updates = [one for one in texts if one in self._updates()]
            assert updates == sorted(updates)
            for name in "ab":
                values = [one[name] for one in self.stand.vendor.fills(thing) if name in one]
                assert values == sorted(values), f"{name} of {thing} went backwards"

    @invariant()
    def a_thing_says_what_the_newest_that_went_well_says(self) -> None:
        """Merged or not: as if each that went well had gone alone, in its order."""
        for thing in "12":
            wanted: dict[str, str] = {}
            for row in self.stand.all():
                if row.action == Fill.kind and row.args["thing"] == thing and row.state in WELL:
                    wanted |= row.args["fields"]
            filled = self.stand.vendor.filled(thing)
            assert all(filled[name] >= value for name, value in wanted.items())

    @invariant()
    def what_is_done_is_at_the_vendor(self) -> None:
        done = {one.key for one in self.stand.vendor.written}
        for row in self.stand.all():
            sure = row.state == State.ACCEPTED and not row.uncertain
            merged = row.action == Fill.kind  # its call has the key of another, perhaps
            if (row.state == State.SUCCEEDED or sure) and not merged:
                assert row.write_key in done, f"{row.id} is {row.state}, and was never sent"

    @invariant()
    def an_end_is_an_end(self) -> None:
        for row in self.stand.all():
            before = self.ends.get(row.id)
            assert before in {None, row.state} or row.id in self.touched, f"{row.id}: {before}"
            if row.state not in OPEN:
                self.ends[row.id] = row.state

    @invariant()
    def one_is_in_flight_for_each_key(self) -> None:
        begun = Counter(row.ordering_key for row in self.stand.all() if row.state == "in_flight")
        assert set(begun.values()) <= {1}

    @invariant()
    def a_key_is_due_when_its_head_is(self) -> None:
        with self.database.reading() as session:
            keys = {row.key: row for row in session.query(OrderingKeyRow)}
            for name, head in ordering.turns(session, keys).items():
                due_at, first = keys[name].due_at, head.delivery
                assert due_at is not None, f"{name} lost sight of {first.id}"
                assert due_at <= first.not_before
            queued = {row.ordering_key for row in self.stand.all() if row.state in QUEUED}
            assert all(row.due_at is None or name in queued for name, row in keys.items())
            assert queued <= set(keys)
            assert agreement.disagreeing(session) == []

    @override
    def teardown(self) -> None:
        """In fair weather everything comes to its end, whatever was before."""
        self.stand.vendor.winds.clear()
        self.stand.vendor.mists.clear()
        self.stand.vendor.status = 200
        self._decide(drop=False)
        self.resume()
        for _ in range(60):
            self.stand.lapse()
            self.stand.clock.advance(timedelta(hours=1))
            self.try_what_is_held()
            self.stand.step()
            Chores(world=self.stand.world).step()
        left = [row for row in self.stand.all() if row.state in OPEN]
        blocked = {row.ordering_key for row in self.stand.all() if row.dead_head == "block"}
        assert [row.id for row in left if row.ordering_key not in blocked] == []
        self.nothing_is_done_twice()
        self.nothing_goes_backwards()
        self.what_is_done_is_at_the_vendor()
        self.a_thing_says_what_the_newest_that_went_well_says()

    def _act(self, which: int, wind: Wind) -> None:
        hand = self.hands.pop(which % len(self.hands))
        self.stand.vendor.winds.clear()
        self.stand.vendor.blow(wind)
        try:
            self.stand.dispatcher.dispatch(hand)
        except Killed:
            self.stand.vendor.winds.clear()

    def _rescue(self) -> None:
        self.stand.lapse()
        for hand in self.stand.claim():
            self.stand.dispatcher.dispatch(hand)

    def _touch(self, *rows: DeliveryRow) -> None:
        self.touched |= {row.id for row in rows} | {row.write_key for row in rows}

    def _decide(self, *, drop: bool) -> None:
        now = self.stand.clock.now()
        with self.database.transaction() as session:
            row = hold.one(session, self.hold_id)
            assert row is not None
            if drop:
                hold.discard(session, row, by="anna", why="", now=now)
            else:
                hold.release(session, row, by="anna", why="", now=now)

    def _updates(self) -> set[str]:
        return {row.args["text"] for row in self.stand.all() if row.action == Update.kind}
