"""The loops of one process: drain the inbox, drain the outbox, and the leader's clock."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog

from bridge.alerts import store as alerts
from bridge.bell import CHORES, INBOX, OUTBOX, PAST, Bells
from bridge.errors import RuleError
from bridge.group import Group
from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageState
from bridge.leadership.clockwork import Clockwork
from bridge.outbox import store as outbox
from bridge.outbox.claims import Claimed
from bridge.outbox.dispatcher import Dispatcher
from bridge.outbox.recorder import Ended
from bridge.outbox.tables import State
from bridge.pipeline import Intake
from bridge.pipeline.backfill.work import Backfilling
from bridge.pipeline.chores import Chores

MESSAGES = 50  # of the inbox at once
TROUBLE_SECONDS = 2.0  # after the database did not answer, or no mappings can be loaded
SOON_SECONDS = 0.2  # after a look that took nothing of what is due: a bulk call lingers, say
CHORE_SECONDS = 5.0  # between looks for what is owed and brings no message
GAUGE_SECONDS = 15.0  # between counts of what is open; Prometheus asks every 15 or more
RECORD_SECONDS = 2.0  # at least, at a stop, to record what has ended

log = structlog.get_logger()


@dataclass(kw_only=True)
class Worker:
    """Threads that drain. Each loop rests by its bell until something comes due by itself."""

    intake: Intake
    dispatcher: Dispatcher
    chores: Chores
    clockwork: Clockwork
    backfilling: Backfilling | None = None
    gauges: Callable[[], None]
    look: Callable[[], None] = lambda: None  # at what this node follows by itself
    bells: Bells = field(default_factory=Bells)
    threads: int = 8
    _troubles: dict[str, str] = field(default_factory=dict)  # loop -> why it does not go on
    _stop: threading.Event = field(default_factory=threading.Event)
    _loops: list[threading.Thread] = field(default_factory=list)
    _busy: Counter[str] = field(default_factory=Counter)
    _bulks: Counter[tuple[str, str]] = field(default_factory=Counter)
    _awaited: frozenset[tuple[str, str]] = (
        frozenset()
    )  # bulk calls that the last look may linger for
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cut: bool = False  # the last look for deliveries was short of hands: there may be more
    _gauged: float | None = None  # monotonic seconds
    _retired: float | None = None  # monotonic seconds
    _records: Group[Ended, State | None] = field(init=False)

    def __post_init__(self) -> None:
        self._records = Group("bridge-record", self._record)

    @property
    def not_ready(self) -> str:
        """Why this node does not drain; empty when it does."""
        return "; ".join(sorted(set(self._troubles.values())))

    @property
    def retired(self) -> bool:
        """It takes nothing new any more: the process is about to end."""
        return self._retired is not None

    @property
    def under_way(self) -> int:
        """How many calls have begun and not ended."""
        with self._lock:
            return self._busy.total()

    def start(self) -> None:
        """Begin to drain in threads of this process."""
        for name, body in (
            ("inbox", self._drain_inbox),
            ("outbox", self._drain_outbox),
            ("chores", self._do_chores),
            ("past", self._backfill),
            ("clock", self._keep_time),
        ):
            thread = threading.Thread(target=body, name=f"bridge-{name}", daemon=True)
            self._loops.append(thread)
            thread.start()

    def idle(self) -> bool:
        """Nothing is pending, waiting, under way or to be told. For a demo and for tests: it asks the database."""
        if self.under_way:
            return False
        with self.dispatcher.database.reading() as session:
            states = {State.PENDING, State.IN_FLIGHT, State.WAITING}
            return not (
                inbox.count(session, MessageState.PENDING)
                or outbox.open_count(session, states)
                or alerts.to_tell(session)
            )

    def retire(self) -> None:
        """Take nothing new from now on. What is under way goes on, and `stop` waits for it."""
        if self._retired is None:
            self._retired = time.monotonic()
        self._stop.set()
        self.bells.hear_all()

    def stop(self, grace: float = 30.0) -> None:
        """Let what is under way end and be recorded, within `grace` seconds since it retired.

        What has not begun by now is given back. What hangs longer is left: its lease lapses, and
        whoever looks after it then is as careful as after a crash.
        """
        self.retire()
        assert self._retired is not None
        until = self._retired + grace
        for thread in self._loops:
            thread.join(timeout=max(0.0, until - time.monotonic()))
        self._records.close(max(RECORD_SECONDS, until - time.monotonic()))
        try:
            self.clockwork.close()
        except Exception as error:  # noqa: BLE001  (the lease lapses, and the rest is to be closed)
            log.warning("leadership.not_resigned", error=type(error).__name__)

    def drain(self) -> int:
        """One pass over inbox and outbox in the calling thread; how much was done."""
        done = self.intake.drain()
        for call in self.dispatcher.calls(self.dispatcher.claim(50, busy={})):
            with self.dispatcher.turn(call):
                self._record(self.dispatcher.act(call))
            done += len(call)
        past = self.backfilling.step() if self.backfilling else 0
        return done + self.chores.step() + past

    def _drain_inbox(self) -> None:
        bell = self.bells[INBOX]
        while not self._stop.is_set():
            done, rest = self._safely(lambda: self.intake.drain(MESSAGES), self.intake.quiet_for)
            if done >= MESSAGES:
                bell.call_others()
            bell.rest(rest, full=self._in_trouble())

    def _drain_outbox(self) -> None:
        bell = self.bells[OUTBOX]
        with ThreadPoolExecutor(self.threads, thread_name_prefix="bridge-call") as pool:
            while not self._stop.is_set():
                done, rest = self._safely(lambda: self._hand_out(pool), self._quiet_for)
                if done and self._cut:
                    bell.call_others()
                bell.rest(rest, full=self._cut or self._in_trouble())

    def _do_chores(self) -> None:
        while not self._stop.is_set():
            done, rest = self._safely(self.chores.step, self.chores.quiet_for)
            if not done:
                trouble = self._in_trouble()
                self.bells[CHORES].rest(min(rest, CHORE_SECONDS), full=trouble)

    def _backfill(self) -> None:
        """Beside everything else, since what is asked of the vendor takes its time."""
        steps = self.backfilling
        while steps is not None and not self._stop.is_set():
            done, rest = self._safely(steps.step, steps.quiet_for)
            if not done:
                self.bells[PAST].rest(min(rest, CHORE_SECONDS), full=self._in_trouble())

    def _hand_out(self, pool: ThreadPoolExecutor) -> int:
        self._cut = True  # a call that ends during this look may be what it lacked
        with self._lock:
            busy, bulks = Counter(self._busy), frozenset(self._bulks)
            self._awaited = bulks
        claims = self.dispatcher.claim(self.threads - busy.total(), busy=busy, bulks=bulks)
        for call in self.dispatcher.calls(claims):
            self._under_way(call, 1)
            busy[call[0].delivery.connection] += 1
            pool.submit(self._dispatch, call)
        self._cut = self.dispatcher.full(self.threads, busy)
        return len(claims)

    def _quiet_for(self) -> float:
        with self._lock:
            no_hand = self._busy.total() >= self.threads
        return self.bells.patience if no_hand else self.dispatcher.quiet_for()

    def _under_way(self, call: Sequence[Claimed], change: int) -> None:
        delivery = call[0].delivery
        with self._lock:
            self._busy[delivery.connection] += change
            if delivery.batch:
                bulk = delivery.connection, delivery.batch
                self._bulks[bulk] += change
                if not self._bulks[bulk]:  # or it would grow with every batch there ever was
                    del self._bulks[bulk]

    def _dispatch(self, call: Sequence[Claimed]) -> None:
        """Make the call; the end is recorded together with others, and the thread is free at once."""
        try:
            with self.dispatcher.turn(call) as alone:
                if self._stop.is_set():
                    self.dispatcher.give_back(call)
                    return
                ends = self.dispatcher.act(call)
                if alone:
                    self._record(ends)
                    return
            for ended in ends:
                self._records.submit(ended).add_done_callback(self._recorded)
        except (
            BaseException
        ):  # nobody looks at what becomes of this; a lease that lapses is looked at
            log.exception("outbox.call_failed")
            raise
        finally:
            self._under_way(call, -1)
            delivery = call[0].delivery
            if self._cut or (delivery.connection, delivery.batch) in self._awaited:
                # Else the end's record tells what may go now.
                self.bells[OUTBOX].hear()

    def _keep_time(self) -> None:
        rest = 0.0
        while not self._stop.wait(rest):
            _, rest = self._safely(self._tick, self.clockwork.rest)

    def _tick(self) -> int:
        self.look()
        ran = self.clockwork.tick()
        if self._gauged is None or time.monotonic() - self._gauged >= GAUGE_SECONDS:
            self._gauged = time.monotonic()
            self.gauges()
        return ran

    def _safely(self, work: Callable[[], int], quiet_for: Callable[[], float]) -> tuple[int, float]:
        """What was done, and how long to rest now. Trouble is said once, not per turn."""
        try:
            done = work()
            rest = min(quiet_for(), self.bells.patience)
        except RuleError as error:
            self._trouble(str(error))
            return 0, TROUBLE_SECONDS
        except Exception as error:  # noqa: BLE001  (a loop of the process must go on)
            self._trouble(f"{type(error).__name__}")
            return 0, TROUBLE_SECONDS
        self._trouble("")
        return done, rest if done or rest else SOON_SECONDS

    def _in_trouble(self) -> bool:
        """Whether this loop cannot go on: what comes is for other nodes."""
        return threading.current_thread().name in self._troubles

    def _trouble(self, reason: str) -> None:
        """Said once on the way down and once on the way up."""
        loop = threading.current_thread().name
        known = self._troubles.get(loop, "")
        if reason:  # never away for a moment: /readyz may ask in between
            self._troubles[loop] = reason
        else:
            self._troubles.pop(loop, None)
        if reason and reason != known:
            log.warning("worker.not_ready", loop=loop, reason=reason)
        if known and not reason:
            log.info("worker.ready", loop=loop)

    def _record(self, ends: Sequence[Ended]) -> Sequence[State | None]:
        return self.dispatcher.recorder.record(ends)

    def _recorded(self, future: "Future[State | None]") -> None:
        """An end that could not be recorded leads to a rescue."""
        error = future.exception()
        if error is not None:
            log.error("outbox.not_recorded", error=type(error).__name__)
