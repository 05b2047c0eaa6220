"""The folder proposes a set of mappings: taken if it is new and without fault, else the active one stays.

What was there before is not taken again by itself, be it rolled back or only replaced: nodes may
have folders of different age, and a set must not come back because one of them was restarted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog
from sqlalchemy.orm import Session

from bridge.pipeline.ruleset import switching
from bridge.pipeline.world import World
from bridge.rules import store
from bridge.rules.problem import faults

ALARM = "mappings"
START, FOLLOW = "start", "follow"
REMEDY = {
    START: "mend the folder, then: bridge rules activate",
    FOLLOW: "mend the folder: it is taken by itself then",
}
WHY = {START: "the folder is new", FOLLOW: "the folder was changed"}
SHOWN = 5  # faults in an alarm and a log line

log = structlog.get_logger()


class Verdict(StrEnum):
    TAKEN = "taken"
    ACTIVE = "active"  # it holds what is active already
    KNOWN = "known"  # it holds a set that was active before, or was rolled back
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """What became of a folder. `active`: the set that decides now; `None` where there is none yet."""

    verdict: Verdict
    active: str | None
    hash: str = ""  # of the folder; empty where it cannot be read
    faults: tuple[str, ...] = ()
    withdrawn: bool = False  # what it holds was rolled back

    @property
    def text(self) -> str:
        """In words, for people."""
        match self.verdict:
            case Verdict.TAKEN:
                return f"the folder's set {self.hash} was taken"
            case Verdict.ACTIVE:
                return "the folder holds the active set"
            case Verdict.KNOWN:
                was = "was rolled back" if self.withdrawn else "was active before"
                return (
                    f"the mappings folder holds {self.hash}, which {was} and is not taken again by"
                    f" itself; {self.active} is active"
                )
            case Verdict.REFUSED:
                return f"the mappings folder has faults; {self.active} stays active: {self.said}"

    @property
    def said(self) -> str:
        """The faults, as far as they fit."""
        more = len(self.faults) - SHOWN
        shown = "\n".join(self.faults[:SHOWN])
        return f"{shown}\nand {more} more" if more > 0 else shown


def propose(world: World, files: Mapping[str, str], *, by: str, kind: str) -> Proposed:
    """Take the folder's set if it may be taken."""
    wrong = faults(world.findings(files, named=kind != START))
    if wrong:
        return refuse(world, [str(fault) for fault in wrong], kind=kind)
    wanted = world.sets.compile(files).hash
    with world.database.transaction() as session:
        proposal = _take(session, world, wanted, files, by=by, kind=kind)
        world.alarms.lift(session, ALARM, text="the folder is without fault", now=world.clock.now())
    return proposal


def refuse(world: World, faults: Sequence[str], *, kind: str) -> Proposed:
    """The set that is active stays, and people are told why, once."""
    with world.database.transaction() as session:
        active = store.active_hash(session)
        proposal = Proposed(verdict=Verdict.REFUSED, active=active, faults=tuple(faults))
        if active is not None:
            tell(session, world, proposal, remedy=REMEDY[kind])
    log.error("rules.folder_refused", active=active, faults=proposal.said)
    return proposal


def tell(session: Session, world: World, proposal: Proposed, *, remedy: str) -> None:
    """Raise the alarm about the folder; it is one, however often it is raised."""
    world.alarms.lower(
        session,
        ALARM,
        kind="error",
        text=proposal.text,
        remedy=remedy,
        link=f"{world.public_url}/api/v1/rules/history",
        now=world.clock.now(),
    )


def _take(
    session: Session, world: World, wanted: str, files: Mapping[str, str], *, by: str, kind: str
) -> Proposed:
    active = store.hold_active(session)
    if wanted == active:
        return Proposed(verdict=Verdict.ACTIVE, hash=wanted, active=active)
    if not store.may_be_taken(session, wanted):
        withdrawn = store.is_withdrawn(session, wanted)
        return Proposed(verdict=Verdict.KNOWN, hash=wanted, active=active, withdrawn=withdrawn)
    now = world.clock.now()
    why = WHY[kind]
    done = switching.activate(session, wanted, files, by=by, why=why, kind=kind, now=now)
    log.info("rules.taken", hash=wanted, before=done.before, kind=kind)
    return Proposed(verdict=Verdict.TAKEN, hash=wanted, active=wanted)
