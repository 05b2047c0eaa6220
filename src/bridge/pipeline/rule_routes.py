"""`/api/v1/rules`: which mappings are active, what was active before, and changing that."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bridge.access.guard import Operator, Viewer
from bridge.access.paging import Page, Turn
from bridge.access.problems import ACTS, READS, Problem
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data
from bridge.errors import RuleError
from bridge.pipeline.routes import TheWorld
from bridge.rules import store
from bridge.rules.check import findings
from bridge.rules.problem import Problem as Finding
from bridge.rules.problem import faults
from bridge.rules.tables import ActivationRow

Text = Annotated[str, Field(max_length=500_000)]
router = APIRouter(prefix="/api/v1/rules", tags=["rules"], responses=READS)


class RuleView(BaseModel):
    id: str
    description: str
    when: list[str]
    mode: str


class ActiveView(BaseModel):
    """The active set."""

    hash: str
    rules: list[RuleView]
    sources: list[str]


class ActivationView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    hash: str
    at: datetime
    by: str
    why: str
    kind: str


class Files(BaseModel):
    """Mapping files by path below `mappings/`."""

    model_config = ConfigDict(extra="forbid")

    files: dict[str, Text] = Field(min_length=1, max_length=500)
    why: str = ""


class Why(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: str = ""


class Checked(BaseModel):
    """`problems` keep it from being live; `warnings` are for a person to judge."""

    problems: list[str]
    warnings: list[str]


class Active(BaseModel):
    hash: str


@router.get("", summary="The active mappings")
def active(_: Viewer, database: Data, world: TheWorld) -> ActiveView:
    try:
        with database.reading() as session:
            found = world.sets.active(session)
    except RuleError as error:
        raise Problem(
            "no-active-set", "No mappings are active here", status=409, detail=str(error)
        ) from None
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
        sources=[source.id for source in found.sources],
    )


@router.get("/history", summary="What was active, when, and who made it so")
def history(_: Viewer, database: Data, turn: Turn) -> Page[ActivationView]:
    with database.reading() as session:
        rows = session.scalars(turn.span.of(store.history(), ActivationRow.seq)).all()
    return turn.page(rows, seq=lambda row: row.seq, item=ActivationView.model_validate)


@router.post(":check", summary="Is this set without fault?")
def check_files(_: Operator, world: TheWorld, wish: Files) -> Checked:
    """Every problem as `file:line:column: what is wrong; what would be right`. Nothing is stored."""
    found = _findings(world, wish)
    wrong = faults(found)
    return Checked(
        problems=[str(one) for one in wrong],
        warnings=[str(one) for one in found if one not in wrong],
    )


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
        store.activate(
            session,
            wanted,
            wish.files,
            by=act.principal.name,
            why=wish.why,
            kind="activate",
            now=act.now,
        )
        act.record(session, "activate", wanted, reason=wish.why)
        return Active(hash=wanted)

    return act.once(work)


@router.post(":rollback", summary="Return to the set before", responses=ACTS)
def roll_back(act: OperatorAct, world: TheWorld, wish: Why) -> Response:
    """It stays so through restarts: what was rolled back is only taken again by `:activate`.

    Refused when the set before cannot be loaded any more: then activate one that can.
    """

    def work(session: Session) -> Active:
        earlier = store.roll_back(session, by=act.principal.name, why=wish.why, now=act.now)
        if earlier is None:
            raise Problem("no-earlier-set", "There is no set before this one", status=409)
        try:
            world.sets.by_hash(session, earlier)
        except RuleError as error:
            raise Problem(
                "set-at-fault",
                "The set before cannot be loaded any more",
                status=409,
                detail=f"{earlier}: {error}",
            ) from None
        act.record(session, "rollback", earlier, reason=wish.why)
        return Active(hash=earlier)

    return act.once(work)


def _problems(world: TheWorld, wish: Files) -> list[str]:
    return [str(one) for one in faults(_findings(world, wish))]


def _findings(world: TheWorld, wish: Files) -> tuple[Finding, ...]:
    return findings(
        wish.files, kinds=world.kinds, actions=world.actions, connections=world.sets.systems
    )
