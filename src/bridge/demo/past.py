"""A past for a database: days of the story, through the real ledger, rules and outbox.

Only what is outside is left out: messages begin as sightings, and no vendor is asked, so that a
hundred thousand events take minutes. What was decided, owed and linked is as it is in service.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import yaml

from bridge.app import build
from bridge.demo.days import Days
from bridge.ledger import store as ledger
from bridge.ledger.lock import lock_with_linked
from bridge.ledger.sighting import Context, Sighting
from bridge.outbox.claims import Claimed, End
from bridge.outbox.tables import State
from bridge.pipeline.deciding import decide_event
from bridge.pipeline.work import Work
from bridge.pipeline.write_back import foresee, write_back
from bridge.process import Bridge
from bridge.settings import load

TOGETHER = 50  # sightings of one transaction, as of one drained inbox
CLAIMED = 50
DEAD, UNCHANGED = 0.03, 0.05  # of the deliveries


CHANNELS = ("engineering", "operations", "support")
_CHANNEL = "https://acme.12.environment.api.powerplatform.com/flow?sig=none"  # nobody calls it


@dataclass(kw_only=True)
class PastClock:
    """Stands where the story is."""

    at: datetime
    _seconds: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self._seconds += seconds


@dataclass(kw_only=True)
class Teller:
    """Tells the story to a Bridge that was built with this clock and is not started."""

    bridge: Bridge
    clock: PastClock
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311  (a story)
    days: Days = field(init=False)
    told: int = 0  # sightings
    _made: list[tuple[str, str]] = field(default_factory=list)  # ref and key

    def __post_init__(self) -> None:
        self.days = Days(random=self.random)

    def tell(self, count: int, *, over: timedelta, meanwhile: Callable[[int], None]) -> None:
        """So many sightings, evenly over this time. Most become an event, and links some more.

        `meanwhile` hears how many there were after each transaction.
        """
        step = over.total_seconds() / max(1, count)
        until = self.told + count
        while self.told < until:
            self._see(self._together(until, step))
            self.settle()
            meanwhile(self.told)

    def settle(self) -> None:
        """Until nothing is due any more: deliveries, replays, events of mended rules."""
        while self._deliver() + self.bridge.worker.chores.step():
            pass

    def _together(self, until: int, step: float) -> list[Sighting]:
        """The next few. What Bridge made is told of first."""
        found = []
        for _ in range(min(TOGETHER, until - self.told)):
            self.clock.advance(step)
            now = self.clock.now()
            seen = (
                self.days.made(*self._made.pop(0), now=now) if self._made else self.days.next(now)
            )
            found.append(seen)
        self.told += len(found)
        return found

    def _see(self, sightings: Sequence[Sighting]) -> None:
        """As the intake does, once messages are translated."""
        world, now = self.bridge.world, self.clock.now()
        context = Context(now=now, kinds=world.kinds)
        with world.database.transaction() as session:
            rules = world.sets.active(session)
            refs = [str(one.ref) for one in sightings]
            work = Work(session, world, locked=lock_with_linked(session, refs))
            ledger.foresee(work.ledger, [(one, context) for one in sightings])
            foresee(work, rules, refs)
            for sighting in sightings:
                applied = ledger.apply_in(work.ledger, sighting, context)
                if applied is None:
                    continue
                before = dict(applied.before) if applied.before is not None else None
                owed = decide_event(
                    work, world, rules, applied.event, before=before, message_id=None, now=now
                )
                again = any(row.state == State.UNCHANGED for row in owed)
                write_back(work, world, rules, applied.event, again=again, now=now)
            work.write()

    def _deliver(self) -> int:
        """What is due goes well, or not; how much it was."""
        dispatcher = self.bridge.worker.dispatcher
        claims = dispatcher.claim(CLAIMED, busy={})
        if claims:
            dispatcher.recorder.record([(one, self._end(one)) for one in claims])
        return len(claims)

    def _end(self, claimed: Claimed) -> End:
        delivery, luck = claimed.delivery, self.random.random()
        if delivery.link_id:
            number = 1_000_000 + delivery.seq
            ref, key = f"jira:issue:{number}", f"ENG-{number}"
            self._made.append((ref, key))
            url = f"https://acme.atlassian.net/browse/{key}"
            return End(
                state=State.SUCCEEDED, outcome="done", result={"ref": ref, "key": key, "url": url}
            )
        if delivery.action.startswith("teams."):
            return End(state=State.ACCEPTED, outcome="accepted")
        if luck < DEAD:
            return End(state=State.DEAD, outcome="permanent", kind="permanent", code=f"{luck}")
        if luck < DEAD + UNCHANGED:
            return End(state=State.UNCHANGED, outcome="unchanged")
        return End(state=State.SUCCEEDED, outcome="done")


@contextmanager
def standing(database_url: str, folder: Path, mappings: Path, *, at: datetime) -> Iterator[Teller]:
    """A Bridge that stands still on this database, whose systems nobody reaches, and its teller."""
    environment = {
        "BRIDGE_DATABASE_URL": database_url,
        "BRIDGE_CONFIG": str(_configure(folder)),
        "BRIDGE_MAPPINGS": str(mappings),
    }
    clock = PastClock(at=at)
    bridge = build(load(environment), clock=clock)
    try:
        yield Teller(bridge=bridge, clock=clock)
    finally:
        bridge.close()


def _configure(folder: Path) -> Path:
    secret, channel = folder / "secret", folder / "channel"
    secret.write_text("nobody", encoding="utf-8")
    channel.write_text(_CHANNEL, encoding="utf-8")
    nobody, nowhere = f"file:{secret}", "http://127.0.0.1:9"
    connections = {
        "jira": {
            "system": "jira", "url": nowhere, "email": "past@example.com", "token": nobody,
            "project": "ENG",
        },
        "salesforce": {
            "system": "salesforce", "url": nowhere,
            "auth": {"flow": "client_credentials", "client_id": "past", "client_secret": nobody},
        },
        "teams": {
            "system": "teams", "channels": {name: {"url": f"file:{channel}"} for name in CHANNELS},
        },
    }  # fmt: skip
    path = folder / "bridge.yaml"
    path.write_text(yaml.safe_dump({"connections": connections}), encoding="utf-8")
    return path
