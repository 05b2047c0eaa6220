"""One round: weather and people at once, then calm, then what the vendors say."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from sqlalchemy.exc import SQLAlchemyError

from bridge.inbox.tables import MessageState
from bridge.outbox import connection
from chaos import evidence, script, verdict, weather
from chaos.people import People
from chaos.town import VENDORS, Town, standing

LOOK_SECONDS = 0.5
QUIET_LOOKS = 4  # in a row, so that what is between two places is not missed
START_SECONDS = 60.0
STILLBORN = 0.4  # how probably a node is killed in its first start
KEPT_LOG = 4_000  # characters of each node's log that a failure shows


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A round. The same plan draws the same weather and the same people.

    seconds   of weather
    pace      acts of people a second
    patience  seconds until everything must be over once it is calm
    """

    seed: int
    kind: str
    seconds: float = 25.0
    pace: float = 6.0
    patience: float = 90.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a round went. `excused`: what the send window of a frozen node explains."""

    plan: Plan
    acts: int
    writes: int
    settled: float  # seconds from the calm to the end of all work
    wrong: tuple[str, ...]
    excused: tuple[str, ...]
    story: str = field(default="", repr=False)  # weather and logs, to look into

    @property
    def again(self) -> str:
        """The command that repeats it."""
        return (
            f"make chaos SEED={self.plan.seed} ONLY={self.plan.kind} SECONDS={self.plan.seconds:g}"
        )

    @property
    def line(self) -> str:
        fine = "WRONG" if self.wrong else "fine"
        excused = f", {len(self.excused)} excused" if self.excused else ""
        return (
            f"seed {self.plan.seed:<6} {self.plan.kind:<16} {self.acts} acts, {self.writes} writes,"
            f" over after {self.settled:.0f} s: {fine}{excused}"
        )


def play(plan: Plan) -> Outcome:
    """Set the town up, let it happen, and judge."""
    with standing(plan.kind, seed=plan.seed) as town:
        people = People(there=town.there, random=Random(plan.seed))
        gusts = script.draw(
            plan.seed,
            nodes=list(town.fleet.nodes),
            postgresql=town.server is not None,
            seconds=plan.seconds,
        )
        told = list(_live_through(town, people, gusts, plan))
        weather.calm(town)
        settled = _settle(town, plan.patience)
        for node in town.fleet.nodes.values():
            town.complaints += [complaint] if (complaint := node.stop()) else []
        findings = verdict.judge(people.done, evidence.gather(town))
        thaws = [one.thawed for one in town.frozen]
        wrong = [one.text for one in findings if not one.excused(thaws)]
        return Outcome(
            plan=plan,
            acts=people.acts,
            writes=len(town.there.salesforce.journal) + len(town.there.teams.cards()),
            settled=settled,
            wrong=(*wrong, *town.complaints),
            excused=tuple(one.text for one in findings if one.excused(thaws)),
            story="\n".join([*told, *_logs(town)]),
        )


def _live_through(
    town: Town, people: People, gusts: list[script.Gust], plan: Plan
) -> Iterator[str]:
    """Everything in its time, one after the other: what befell, as it was told."""
    random = Random(plan.seed + 1)
    todo = weather.deeds(town, gusts)
    at = 0.0
    while (at := at + random.expovariate(plan.pace)) < plan.seconds:
        todo.append((at, "", people.act))
    yield from _found(town, random)
    weather.begin(town)
    begun = time.monotonic()
    for moment, text, deed in sorted(todo, key=lambda one: one[0]):
        time.sleep(max(0.0, begun + moment - time.monotonic()))
        if text:
            yield text
        deed()


def _found(town: Town, random: Random) -> Iterator[str]:
    """The first start, in which some are killed in the middle of making the tables.

    What was there before Bridge is left alone by its rules: so people begin when it is there. Raises
    RuntimeError, with what the nodes said, when none comes.
    """
    for node in town.fleet.nodes.values():
        node.start()
    for node in town.fleet.nodes.values():
        if random.random() < STILLBORN:
            time.sleep(random.uniform(0.0, 1.5))
            yield f"first start: kill {node.name}"
            node.kill()
            node.start()
    until = time.monotonic() + START_SECONDS
    while not _founded(town):
        if time.monotonic() > until:
            raise RuntimeError("\n".join(["no node came up", *_logs(town)]))
        time.sleep(LOOK_SECONDS)


def _founded(town: Town) -> bool:
    """Whether some node came so far as to know its connections."""
    try:
        with town.database.reading() as session:
            return set(connection.rows(session)) >= set(VENDORS)
    except SQLAlchemyError:
        return False


def _settle(town: Town, patience: float) -> float:
    """Until nothing is on its way; how long that took. What is not over by then, the books tell."""
    begun = time.monotonic()
    quiet = 0
    while quiet < QUIET_LOOKS and time.monotonic() - begun < patience:
        time.sleep(LOOK_SECONDS)
        quiet = quiet + 1 if _quiet(town) else 0
    return time.monotonic() - begun


def _quiet(town: Town) -> bool:
    if not (town.there.jira.idle() and town.there.salesforce.idle()):
        return False
    found = evidence.books(town.database)
    pending = any(f" {MessageState.PENDING}: " in one for one in found.unread)
    return not (found.left or found.leases or found.owed or pending)


def _logs(town: Town) -> Iterator[str]:
    for node in town.fleet.nodes.values():
        text = node.log.read_text("utf-8", "replace") if node.log.exists() else ""
        yield f"--- {node.name} ({node.starts} starts)\n{text[-KEPT_LOG:]}"
