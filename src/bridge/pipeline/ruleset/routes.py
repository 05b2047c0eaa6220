"""`/api/v1/rules`: which mappings are active, what was active before, and changing that."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bridge.access.guard import Operator, Viewer
from bridge.access.paging import Page, Turn
from bridge.access.problems import ACTS, READS, Problem
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data
from bridge.errors import RuleError
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.ruleset import switching
from bridge.pipeline.ruleset.proposal import ALARM
from bridge.pipeline.ruleset.switching import Switch
from bridge.pipeline.world import World
from bridge.rules import store
from bridge.rules.difference import Difference, phrase
from bridge.rules.problem import faults
from bridge.rules.ruleset import RuleSet
from bridge.rules.tables import ActivationRow

Text = Annotated[str, Field(max_length=500_000)]
INSTEAD = "hash of the set you looked at: refused if another is active by now"
router = APIRouter(prefix="/api/v1/rules", tags=["rules"], responses=READS)


class RuleView(BaseModel):
    id: str
    description: str
    when: list[str]
    mode: str


class SyncView(BaseModel):
    """`between`: its two sources. `fields`: its pairs of fields."""

    id: str
    description: str
    between: list[str]
    fields: list[str]
    mode: str


class ActiveView(BaseModel):
    """The active set."""

    hash: str
    rules: list[RuleView]
    syncs: list[SyncView]
    sources: list[str]


class ActivationView(BaseModel):
    """`changed`: what it does differently from the one before, in a line."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    hash: str
    at: datetime
    by: str
    why: str
    kind: str
    changed: str


def path(name: str) -> str:
    """Raises ValueError for a name that leads elsewhere when the set is written to a disk."""
    if any(part in {"", ".", ".."} for part in name.split("/")) or "\\" in name:
        raise ValueError("a file is named by its path below the mappings folder")
    return name


MappingFiles = Annotated[
    dict[Annotated[str, AfterValidator(path)], Text], Field(min_length=1, max_length=500)
]


class Files(BaseModel):
    """Mapping files by path below `mappings/`."""

    model_config = ConfigDict(extra="forbid")

    files: MappingFiles
    why: str = ""
    instead_of: str | None = Field(default=None, description=INSTEAD)


class Why(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: str = ""
    instead_of: str | None = Field(default=None, description=INSTEAD)


class Comparison(BaseModel):
    """Two sets, and what the second does differently, rule by rule and key by key."""

    model_config = ConfigDict(frozen=True)

    before: str | None
    after: str
    changed: str
    differences: tuple[Difference, ...]


class Checked(BaseModel):
    """`problems` keep it from being live, `warnings` are for a person to judge. `comparison` is with
    the active set; null while there are problems."""

    problems: list[str]
    warnings: list[str]
    comparison: Comparison | None = None


class Active(BaseModel):
    """The active set now. `before` is the same where it was active already."""

    hash: str
    before: str | None
    changed: str


def active_set(session: Session, world: World) -> RuleSet:
    """The set that decides now. Raises a problem where there is none, or this node cannot load it."""
    try:
        return world.sets.active(session)
    except RuleError as error:
        raise Problem(
            "no-active-set", "No mappings are active here", status=409, detail=str(error)
        ) from None


@router.get("", summary="The active mappings")
def active(_: Viewer, database: Data, world: TheWorld) -> ActiveView:
    with database.reading() as session:
        found = active_set(session, world)
    return ActiveView(
        hash=found.hash,
        rules=[
            RuleView(
                id=rule.id,
                description=rule.form.description,
                when=sorted(rule.when),
                mode=rule.form.mode,
            )
            for rule in found.rules
        ],
        syncs=[
            SyncView(
                id=sync.id,
                description=sync.form.description,
                between=[sync.left.id, sync.right.id],
                fields=[pair.name for pair in sync.pairs],
                mode=sync.form.mode,
            )
            for sync in (*found.syncs, *found.idle)
        ],
        sources=[source.id for source in found.sources],
    )


@router.get("/history", summary="What was active, when, and who made it so")
def history(_: Viewer, database: Data, turn: Turn) -> Page[ActivationView]:
    with database.reading() as session:
        rows = session.scalars(turn.span.of(store.history(), ActivationRow.seq)).all()
    return turn.page(rows, seq=lambda row: row.seq, item=ActivationView.model_validate)


@router.post(":check", summary="Is this set without fault?")
def check_files(_: Operator, database: Data, world: TheWorld, wish: Files) -> Checked:
    """Every problem as `file:line:column: what is wrong; what would be right`, or what would change.
    Nothing is stored."""
    found = world.findings(wish.files)
    wrong = faults(found)
    warnings = [str(one) for one in found if one not in wrong]
    if wrong:
        return Checked(problems=[str(one) for one in wrong], warnings=warnings)
    with database.reading() as session:
        switch = switching.compare(session, world.sets.compile(wish.files).hash, wish.files)
    return Checked(problems=[], warnings=warnings, comparison=comparison(switch))


@router.post(":activate", summary="Make this set the active one", responses=ACTS)
def activate(act: OperatorAct, world: TheWorld, wish: Files) -> Response:
    """For all nodes, from the next event on. Refused whole if there is any problem."""
    problems = _problems(world, wish)
    if problems:
        raise Problem(
            "mappings-at-fault",
            "The mappings have faults",
            status=422,
            detail=problems[0],
            more={"problems": problems},
        )
    wanted = world.sets.compile(wish.files).hash

    def work(session: Session) -> Active:
        _expect(session, wish.instead_of)
        done = switching.activate(
            session,
            wanted,
            wish.files,
            by=act.principal.name,
            why=wish.why,
            kind="activate",
            now=act.now,
        )
        if done.changed:
            act.record(session, "activate", wanted, reason=wish.why, difference=_noted(done))
        text = f"{act.principal.name} has activated {wanted}"
        world.alarms.lift(session, ALARM, text=text, now=act.now)
        return _active(done)

    return act.once(work)


@router.post(":rollback", summary="Return to the set before", responses=ACTS)
def roll_back(act: OperatorAct, world: TheWorld, wish: Why) -> Response:
    """It stays so through restarts: what was rolled back is only taken again by `:activate`.

    Refused when the set before cannot be loaded any more: then activate one that can.
    """

    def work(session: Session) -> Active:
        _expect(session, wish.instead_of)
        done = switching.roll_back(session, by=act.principal.name, why=wish.why, now=act.now)
        if done is None:
            raise Problem("no-earlier-set", "There is no set before this one", status=409)
        _loads(session, world, done.hash)
        act.record(session, "rollback", done.hash, reason=wish.why, difference=_noted(done))
        return _active(done)

    return act.once(work)


def comparison(found: Switch) -> Comparison:
    """As the API tells it."""
    return Comparison(
        before=found.before,
        after=found.hash,
        changed=phrase(found.differences),
        differences=found.differences,
    )


def _active(done: Switch) -> Active:
    return Active(hash=done.hash, before=done.before, changed=phrase(done.differences))


def _noted(done: Switch) -> dict[str, str | None]:
    """For the audit."""
    return {"before": done.before, "changed": phrase(done.differences)}


def _expect(session: Session, instead_of: str | None) -> None:
    """The set that somebody looked at is still the active one."""
    now = store.hold_active(session)
    if instead_of not in {None, now}:
        raise Problem(
            "another-set-is-active",
            "Another set is active by now",
            status=409,
            detail=f"{now} is, not {instead_of}; look again at what this would change",
        )


def _loads(session: Session, world: TheWorld, wanted: str) -> None:
    try:
        world.sets.by_hash(session, wanted)
    except RuleError as error:
        raise Problem(
            "set-at-fault",
            "The set before cannot be loaded any more",
            status=409,
            detail=f"{wanted}: {error}",
        ) from None


def _problems(world: TheWorld, wish: Files) -> list[str]:
    return [str(one) for one in faults(world.findings(wish.files))]
