"""`/api/v1/explain`: why something happened or not, as text for people and JSON for programs."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bridge.access import audit
from bridge.access.guard import Operator, Viewer, require
from bridge.access.keys import Principal, Role
from bridge.access.paging import Word
from bridge.access.problems import READS, Problem, not_found
from bridge.access.state import Data, Time
from bridge.errors import RuleError
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.explaining.event import Question, explain
from bridge.pipeline.explaining.record import MOST, NEWEST, explain_record
from bridge.pipeline.explaining.views import (
    ExplainedEvent,
    ExplainedRecordView,
    event_view,
    record_view,
)
from bridge.pipeline.ruleset.routes import Text
from bridge.pipeline.ruleset.version_routes import resolved
from bridge.pipeline.world import World
from bridge.rules.account import Wanted

router = APIRouter(prefix="/api/v1", tags=["explain"], responses=READS)
NEVER_CAME = (
    "record {}: it never came, is not read yet, or no source takes it; `bridge messages --state"
    " pending` shows what waits to be read, `--state ignored` and `--state bad` what became no record"
)

What = Annotated[
    Word, Query(description="An event id, a ref, a case number, an issue key or a URL.")
]
Ref = Annotated[Word, Query(description="A ref, a case number, an issue key or a URL.")]
Rule = Annotated[Word, Query(description="Only this rule, also if the event does not concern it.")]
Every = Annotated[
    bool, Query(alias="all", description="Also rules that the event does not concern.")
]
Under = Annotated[
    Word,
    Query(
        description="`active`, `previous`, a hash, or the beginning of one: under these rules, with"
        " the facts of then. Left out: under the rules that decided it."
    ),
]
Cel = Annotated[
    bool, Query(description="The page also shows each condition as the rule writes it.")
]
Reveal = Annotated[
    bool,
    Query(description="Also personal data and free text. Needs the role admin, and is audited."),
]


class Asking(BaseModel):
    """What to explain, and under which files of mappings, by path below `mappings/`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "what": "00001234",
                    "files": {"rules/feedback.yaml": "version: 1\nrules: []\n"},
                    "rule": "feedback-becomes-engineering-task",
                }
            ]
        },
    )

    what: Word
    files: dict[str, Text] = Field(min_length=1, max_length=500)
    rule: Word = ""
    every: bool = Field(default=False, alias="all")
    cel: bool = False


@router.get("/explain", summary="Why did this happen, or not?")
def why(
    who: Viewer,
    database: Data,
    clock: Time,
    world: TheWorld,
    what: What,
    *,
    rule: Rule = "",
    every: Every = False,
    under: Under = "",
    cel: Cel = False,
    reveal: Reveal = False,
) -> list[ExplainedEvent]:
    """The event, or the newest events of the record: of each rule the answer, why, what it writes
    and what became of that."""
    wanted = Wanted(every=every, rule=rule, revealed=reveal)
    with database.transaction() if reveal else database.reading() as session:
        _note(session, who, what, wanted=wanted, clock=clock)
        question = _question(session, world, wanted, under, cel=cel)
        found = explain(session, world, what, question)
        if not found:
            raise not_found(f"event or {NEVER_CAME.format(what)}")
        return [event_view(one) for one in found]


@router.post("/explain", summary="Why, under other mappings?")
def why_under(_: Operator, database: Data, world: TheWorld, wish: Asking) -> list[ExplainedEvent]:
    """As the files that are sent would decide now, with the facts of then. Nothing is stored."""
    try:
        under = world.sets.compile(wish.files)
    except RuleError as error:
        raise Problem(
            "mappings-at-fault", "The mappings have faults", status=422, detail=str(error)
        ) from None
    wanted = Wanted(every=wish.every, rule=wish.rule)
    with database.reading() as session:
        found = explain(
            session, world, wish.what, Question(wanted=wanted, under=under, cel=wish.cel)
        )
        if not found:
            raise not_found(f"event or {NEVER_CAME.format(wish.what)}")
        return [event_view(one) for one in found]


@router.get(
    "/events/{event_id}/explain",
    summary="One event, in plain text or JSON",
    response_class=PlainTextResponse,
    responses={200: {"content": {"application/json": {}}, "model": ExplainedEvent}},
)
def why_event(
    _: Viewer,
    request: Request,
    database: Data,
    world: TheWorld,
    event_id: str,
    *,
    rule: Rule = "",
    every: Every = False,
    cel: Cel = False,
) -> Response:
    """A page of text; with `Accept: application/json` the same as JSON."""
    question = Question(wanted=Wanted(every=every, rule=rule), cel=cel)
    with database.reading() as session:
        found = explain(session, world, event_id, question)
        if not found:
            raise not_found(f"event {event_id}")
        if "application/json" in request.headers.get("accept", ""):
            return Response(event_view(found[0]).model_dump_json(), media_type="application/json")
        return PlainTextResponse("\n\n".join(one.text for one in found))


@router.get("/records/explain", summary="What happened to a record, and why")
def why_record(
    who: Viewer,
    database: Data,
    clock: Time,
    world: TheWorld,
    ref: Ref,
    *,
    rule: Rule = "",
    every: Every = False,
    under: Under = "",
    limit: Annotated[int, Query(ge=1, le=MOST, description="Events, newest first.")] = NEWEST,
    reveal: Reveal = False,
) -> ExplainedRecordView:
    """Its links, what is not over, and its events newest first, each rule in short."""
    wanted = Wanted(every=every, rule=rule, revealed=reveal)
    with database.transaction() if reveal else database.reading() as session:
        _note(session, who, ref, wanted=wanted, clock=clock)
        question = _question(session, world, wanted, under)
        found = explain_record(session, world, ref, question, limit=limit)
        if found is None:
            raise not_found(NEVER_CAME.format(ref))
        return record_view(session, found)


def _question(
    session: Session, world: World, wanted: Wanted, under: str, *, cel: bool = False
) -> Question:
    if not under:
        return Question(wanted=wanted, cel=cel)
    version = resolved(session, under)
    try:
        return Question(wanted=wanted, under=world.sets.by_hash(session, version), cel=cel)
    except RuleError as error:
        raise Problem(
            "set-at-fault",
            "This set cannot be loaded any more",
            status=409,
            detail=f"{version}: {error}",
        ) from None


def _note(session: Session, who: Principal, what: str, *, wanted: Wanted, clock: Time) -> None:
    """Who sees somebody's words must be allowed to, and is written down."""
    if wanted.revealed:
        require(who, Role.ADMIN)
        audit.record(
            session, who, "reveal", f"why {what}", reason="", difference=None, now=clock.now()
        )
