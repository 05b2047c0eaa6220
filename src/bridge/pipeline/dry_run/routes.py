"""`POST /api/v1/rules:dry-run`: candidate mappings over the events of the past, told line by line."""

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import anyio
import structlog
from anyio.abc import Process
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from bridge.access.guard import Operator
from bridge.access.problems import READS, Problem
from bridge.access.state import Data
from bridge.errors import RuleError
from bridge.insight.window import Window, window
from bridge.outbox.budgets import store as budgets
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.dry_run.allowance import Allowance, allowances
from bridge.pipeline.dry_run.report import Against
from bridge.pipeline.dry_run.run import Wish
from bridge.pipeline.dry_run.task import Task, problem
from bridge.pipeline.ruleset.routes import MappingFiles
from bridge.pipeline.world import World
from bridge.rules.problem import did_you_mean
from bridge.rules.ruleset import RuleSet

NDJSON = "application/x-ndjson"
COMMAND = (sys.executable, "-m", "bridge.pipeline.dry_run")
EXAMPLE = (
    '{"progress":{"done":250,"total":4210}}\n'
    '{"report":{"differs":true,"deliveries":{"then":310,"now":340,"added":30,"removed":0,"changed":0}}}\n'
)
UNDER_WAY = "dry-run-under-way", "A dry-run is under way on this node"
router = APIRouter(prefix="/api/v1/rules", tags=["rules"], responses=READS)
log = structlog.get_logger()


@dataclass(kw_only=True)
class Turn:
    """One dry-run at a time on a node, in a process of its own. `stopping`: the node is about to end."""

    stopping: Callable[[], bool]
    command: Sequence[str] = COMMAND
    taken: bool = False


class DryRunWish(BaseModel):
    """The candidate, and which events; `against` what was decided then, or the active rules."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"files": {"rules/feedback.yaml": "version: 1\nrules: []\n"}, "since": "7d"}
            ]
        },
    )

    files: MappingFiles
    since: str = Field(default="7d", max_length=40, description="7d, a day, or a moment with zone.")
    until: str | None = Field(default=None, max_length=40)
    against: Against = "then"
    rules: tuple[Annotated[str, Field(max_length=200)], ...] = Field(
        default=(), max_length=500, description="Only these rules; all if there are none."
    )


async def _turn(request: Request) -> Turn:
    found: Turn = request.app.state.dry_runs
    return found


TheTurn = Annotated[Turn, Depends(_turn)]


@router.post(
    ":dry-run",
    summary="What would these mappings have done?",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Lines of JSON: progress, and the report or a problem last.",
            "content": {NDJSON: {"schema": {"type": "string"}, "example": EXAMPLE}},
        },
        409: {"description": "One is under way on this node."},
    },
)
def dry_run(
    _: Operator, database: Data, world: TheWorld, turn: TheTurn, wish: DryRunWish
) -> StreamingResponse:
    """Stored events under a candidate, against what was decided then. Nothing is sent or stored.

    It ends with the request: who hangs up stops it.
    """
    if turn.taken:
        raise Problem(
            *UNDER_WAY,
            status=409,
            detail="one goes at a time; ask again when it is done",
            headers={"Retry-After": "30"},
        )
    task = Task(
        database_url=database.url.render_as_string(hide_password=False),
        files=wish.files,
        kinds=world.kinds,
        actions=world.actions,
        systems=world.sets.systems,
        calendars=world.sets.calendars,
        allowances=tuple(_allowances(world)),
        wish=Wish(
            span=_span(world, wish),
            against=wish.against,
            only=_only(_candidate(world, wish), wish.rules),
        ),
    )
    return StreamingResponse(lines(task, turn), media_type=NDJSON)


def _candidate(world: World, wish: DryRunWish) -> RuleSet:
    """Its tests are not run: what would come of it may be asked before they are mended."""
    try:
        return world.sets.compile(wish.files)
    except RuleError as error:
        found = str(error).splitlines()
        raise Problem(
            "mappings-at-fault",
            "The mappings have faults",
            status=422,
            detail=found[0],
            more={"problems": found},
        ) from None


def _only(candidate: RuleSet, wanted: tuple[str, ...]) -> frozenset[str]:
    known = {rule.id for rule in candidate.rules}
    for name in wanted:
        if name not in known:
            raise Problem(
                "no-such-rule",
                "The candidate has no such rule",
                status=422,
                detail=f"{name!r}{did_you_mean(name, known)}",
            )
    return frozenset(wanted)


def _span(world: World, wish: DryRunWish) -> Window:
    try:
        return window(wish.since, wish.until, now=world.clock.now())
    except ValueError as error:
        raise Problem("time", "This time cannot be used", status=422, detail=str(error)) from None


def _allowances(world: World) -> list[Allowance]:
    with world.database.reading() as session:
        states = budgets.by_name(session)
    return list(allowances(world.connections, states, now=world.clock.now()))


async def lines(task: Task, turn: Turn) -> AsyncGenerator[bytes]:
    """What the process of the dry-run says, line for line; it ends with whoever reads."""
    if turn.taken:
        yield problem(*UNDER_WAY, "one goes at a time; ask again when it is done")
        return
    turn.taken = True
    try:
        process = await anyio.open_process(turn.command, stderr=None)
        try:
            async for line in _said(process, task, turn):
                yield line
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)
    finally:
        turn.taken = False


async def _said(process: Process, task: Task, turn: Turn) -> AsyncIterator[bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    last = b""
    try:
        await process.stdin.send(task.as_bytes())
        await process.stdin.aclose()
        async for chunk in process.stdout:
            if turn.stopping():
                yield problem("stopping", "This node stops", "ask another one, or ask again")
                return
            last = (last + chunk).rpartition(b"\n")[2]
            yield chunk
    except anyio.BrokenResourceError:
        log.warning("dry_run.broken_off")
    if last or await process.wait() != 0:
        yield b"\n" + problem("dry-run-died", "It ended too early", "the server's log says more")


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.aclose()
