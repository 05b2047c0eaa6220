"""`/api/v1/holds/{id}/conflict` and `:decide`: two values of one field, and whose counts."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from bridge.access.problems import ACTS, READS, Problem
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data
from bridge.access.veil import Veil, Veiled
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.syncing.asked import ConflictEnd, shown
from bridge.pipeline.syncing.choosing import Conflict, conflict, decide
from bridge.pipeline.syncing.tickets import Ticket, sign
from bridge.rules.agree import End
from bridge.secret import SecretRef

router = APIRouter(prefix="/api/v1/holds", tags=["acts"], responses=READS)
Connection = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class ConflictView(BaseModel):
    """Two values, both changed since they agreed last. `proposed`: the connection that was last."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hold": "hld_7n6kq2c3v5d4",
                    "sync": "case-and-issue",
                    "pair": "severity/priority",
                    "ends": [],
                    "proposed": "jira",
                }
            ]
        }
    )

    hold: str
    sync: str
    pair: str
    ends: list[ConflictEnd]
    proposed: str


class Choice(BaseModel):
    """`take`: the connection whose value counts; the other end gets it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"take": "jira", "why": "asked Anna"}]}
    )

    take: Connection
    why: str = Field(default="", max_length=2_000)


class Invitation(BaseModel):
    """Whom to ask: the link is for this person, for so many hours. `take`: it allows this choice alone;
    empty: either."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"who": "Anna Reyes", "hours": 24}]}
    )

    take: Annotated[str, StringConstraints(max_length=80)] = ""
    who: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    hours: int = Field(default=24, ge=1, le=168)


class SignedLink(BaseModel):
    """Opens a page that shows what will happen and asks. Whoever has it can choose so: send it to
    nobody else."""

    url: str
    expires_at: datetime


@router.get("/{hold_id}/conflict", summary="The two values of a conflict")
def show(veil: Veiled, database: Data, world: TheWorld, hold_id: str) -> ConflictView:
    """As they are now, not as they were when it was held. Personal data and free text are not shown
    to a viewer."""
    with database.reading() as session:
        return view(hold_id, conflict(session, world, hold_id), veil)


@router.post("/{hold_id}:decide", summary="Say whose value counts", responses=ACTS)
def choose(act: OperatorAct, veil: Veiled, world: TheWorld, hold_id: str, body: Choice) -> Response:
    """The other end gets it. To leave both as they are, discard the hold."""

    def work(session: Session) -> ConflictView:
        found = decide(
            session, world, hold_id, body.take, who=act.principal, why=body.why, now=act.now
        )
        act.record(session, "decide", hold_id, reason=body.why, difference={"take": body.take})
        return view(hold_id, found, veil)

    return act.once(work)


@router.post(
    "/{hold_id}:invite", summary="A signed link with which somebody decides", responses=ACTS
)
def invite(
    act: OperatorAct, world: TheWorld, request: Request, hold_id: str, body: Invitation
) -> Response:
    """It opens a page; nothing happens before that is answered. The URL is answered once and not kept."""
    secret = revealed(request)

    def work(session: Session) -> SignedLink:
        found = conflict(session, world, hold_id)
        if body.take and found.end(body.take) is None:
            raise Problem("no-end", "That is no end of it", status=422, detail=f"not {body.take}")
        until = act.now + timedelta(hours=body.hours)
        ticket = Ticket(hold=hold_id, take=body.take, who=body.who, expires_at=until)
        told = {"who": body.who, "take": body.take, "until": until.isoformat()}
        act.record(session, "invite", hold_id, difference=told)
        return SignedLink(url=f"{world.public_url}/decide/{sign(secret, ticket)}", expires_at=until)

    return act.once(work, secret=frozenset({"url"}))


def view(hold_id: str, found: Conflict, veil: Veil) -> ConflictView:
    return ConflictView(
        hold=hold_id,
        sync=found.tie.sync.id,
        pair=found.judged.pair.name,
        ends=[_behind(veil, found, end) for end in End],
        proposed=found.proposed,
    )


def _behind(veil: Veil, found: Conflict, end: End) -> ConflictEnd:
    """An end as somebody may see it."""
    told, pair = shown(found, end), found.judged.pair
    kind, other = (found.tie.records[one].kind for one in (end, end.other))
    return told.model_copy(
        update={
            "value": veil.value(kind, told.field, told.value),
            "gives": veil.value(other, pair.slot(end.other).name, told.gives),
            "title": veil.value(kind, "title", told.title),
            "changed_by": told.changed_by and veil.text(told.changed_by),
        }
    )


def revealed(request: Request) -> str:
    """The secret that links are signed with. 409: none is set."""
    secret: SecretRef | None = request.app.state.link_secret
    if secret is None:
        raise Problem(
            "no-link-secret",
            "No links can be signed",
            status=409,
            detail="set `decisions: {secret: env:NAME}` in bridge.yaml, 32 random characters or more",
        )
    return secret.reveal()
