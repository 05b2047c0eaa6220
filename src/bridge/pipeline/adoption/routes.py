"""`/api/v1/links`: adopting pairs that exist, looking at links, and taking one apart."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bridge.access.guard import Viewer
from bridge.access.paging import Page, Turn, Word
from bridge.access.problems import ACTS, READS, Problem, not_found, refusal
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data
from bridge.access.veil import Veil, Veiled
from bridge.bell import CHORES
from bridge.db import ring
from bridge.errors import Malformed
from bridge.ledger import links
from bridge.ledger.link_view import LinkView, link_views
from bridge.ledger.search import find_record
from bridge.ledger.tables import AdoptionPairRow, AdoptionRow, LinkRow
from bridge.pipeline.acts.unlink import OnItsWay, unlink
from bridge.pipeline.adoption import ends as places
from bridge.pipeline.adoption import store
from bridge.pipeline.adoption.holding import as_query
from bridge.pipeline.adoption.wish import Outcome, Wish
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet

EXAMPLES = 5  # pairs shown of each outcome
MOST_DEAD = 500  # links shown
router = APIRouter(prefix="/api/v1/links", tags=["links"], responses=READS)


async def _world(request: Request) -> World:
    found: World = request.app.state.world
    return found


TheWorld = Annotated[World, Depends(_world)]


class PairView(BaseModel):
    """One pair: as it was said, what it names, and what becomes of it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    number: int
    left_said: str
    right_said: str
    role: str
    relation: str
    left_ref: str | None
    right_ref: str | None
    outcome: str
    reason: str

    @classmethod
    def of(cls, row: AdoptionPairRow, veil: Veil) -> Self:
        """What was said may be anything that stood in a file or a field."""
        shown = {name: getattr(row, name) for name in cls.model_fields}
        said = {name: veil.text(shown[name]) for name in ("left_said", "right_said", "reason")}
        return cls(**{**shown, **said})


class AdoptionView(BaseModel):
    """An import. `counts` says by outcome what a run would do, and then what it did.

    `done` of `total` pairs are through the phase that `state` names.
    """

    id: str
    state: str
    problem: str
    principal: str
    why: str
    wish: dict[str, Any]
    counts: dict[str, int]
    examples: dict[str, list[PairView]]
    done: int
    total: int
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, session: Session, row: AdoptionRow, veil: Veil) -> Self:
        counts = store.counts(session, row.id)
        shown = {
            one: store.pairs(session, row.id, after=0, limit=EXAMPLES, outcome=one)
            for one in counts
        }
        rows = {name: getattr(row, name) for name in set(cls.model_fields) - {"counts", "examples"}}
        examples = {one: [PairView.of(pair, veil) for pair in shown[one]] for one in shown}
        return cls(**rows, counts=counts, examples=examples)


class Unlinked(BaseModel):
    """The link that was, and the deliveries to its right end that are cancelled."""

    link: dict[str, Any]


class Reason(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"why": "ENG-12 was the wrong issue; a new one is needed"}]
        },
    )

    why: str = Field(min_length=1, max_length=1_000)


@router.post(":import", summary="Plan to adopt pairs", responses=ACTS, status_code=202)
def adopt(act: OperatorAct, veil: Veiled, world: TheWorld, wish: Wish) -> Response:
    """Looks every pair up; links nothing. Ask `/links/imports/{id}` until it is `planned`."""

    def work(session: Session) -> AdoptionView:
        rules = world.sets.active(session)
        asked = _asked(world, rules, wish)
        said = _said(world, rules, asked)
        row = store.add(session, asked, principal=act.principal.name, now=act.now)
        store.add_pairs(session, row, said)
        act.record(session, "plan adoption", row.id, reason=wish.why, difference=row.wish)
        return AdoptionView.of(session, row, veil)

    return act.once(work, status=202)


@router.get("/imports/{adoption_id}", summary="What an import would do, or how far it is")
def progress(veil: Veiled, database: Data, adoption_id: str) -> AdoptionView:
    """What was said of the pairs is not shown to a viewer."""
    with database.reading() as session:
        return AdoptionView.of(session, _adoption(session, adoption_id), veil)


@router.get("/imports/{adoption_id}/pairs", summary="The pairs of an import")
def pairs(
    veil: Veiled,
    database: Data,
    turn: Turn,
    adoption_id: str,
    *,
    outcome: Annotated[Outcome | None, Query()] = None,
) -> Page[PairView]:
    """All of them, or those of one outcome. In the order they were given: ask with order=oldest."""
    query = store.select_pairs(adoption_id, outcome)
    with database.reading() as session:
        _adoption(session, adoption_id)
        rows = session.scalars(turn.span.of(query, AdoptionPairRow.number)).all()
    return turn.page(rows, seq=lambda row: row.number, item=lambda row: PairView.of(row, veil))


@router.post("/imports/{adoption_id}:run", summary="Link them", responses=ACTS, status_code=202)
def run(act: OperatorAct, veil: Veiled, adoption_id: str) -> Response:
    """Links what was planned, in small steps. Nothing is written to any system unless the plan
    said `announce`.
    """

    def begin(session: Session) -> AdoptionView:
        row = session.get(AdoptionRow, adoption_id, with_for_update=True)
        if row is None or not _may_run(row, act.now):
            raise _over(adoption_id)
        row.state, row.done, row.not_before = "running", 0, act.now
        ring(session, CHORES)
        counts = store.counts(session, row.id)
        act.record(session, "adopt", row.id, reason=row.why, difference=counts)
        return AdoptionView.of(session, row, veil)

    return act.once(begin, status=202)


@router.post("/imports/{adoption_id}:cancel", summary="Stop an import", responses=ACTS)
def stop(act: OperatorAct, veil: Veiled, adoption_id: str) -> Response:
    """What is linked already stays linked."""

    def work(session: Session) -> AdoptionView:
        row = session.get(AdoptionRow, adoption_id, with_for_update=True)
        if row is None or row.state not in {*store.WORKING, "planned"}:
            raise _over(adoption_id)
        row.state, row.finished_at = "cancelled", act.now
        act.record(session, "cancel", adoption_id)
        return AdoptionView.of(session, row, veil)

    return act.once(work)


@router.get("", summary="The links of a record, or the dead ones")
def of_record(
    _: Viewer,
    database: Data,
    ref: Annotated[
        Word | None, Query(description="A ref, a case number, an issue key, or a URL.")
    ] = None,
    state: Annotated[Literal["dead"] | None, Query(description="one end was deleted")] = None,
) -> list[LinkView]:
    """Name a record by `ref`; or `state=dead` for the newest links whose one end was deleted."""
    if (ref is None) == (state is None):
        raise refusal(400, "give one of ref and state")
    with database.reading() as session:
        if ref is None:
            return link_views(session, links.dead(session, limit=MOST_DEAD))
        record = find_record(session, ref)
        found = links.of(session, record.ref if record else ref)
        if record is None and not found:
            raise not_found(f"record {ref}")
        return link_views(session, found)


@router.post("/{link_id}:unlink", summary="Take a link apart", responses=ACTS)
def take_apart(act: OperatorAct, world: TheWorld, link_id: str, body: Reason) -> Response:
    """Both records stay. What was owed to the right end is cancelled; the next create makes a new one."""

    def work(session: Session) -> Unlinked:
        link = session.get(LinkRow, link_id, with_for_update=True)
        if link is None:
            raise not_found(f"link {link_id}")
        try:
            kept = unlink(session, world, link, by=act.principal.name, why=body.why, now=act.now)
        except OnItsWay as error:
            raise _on_its_way(error.delivery_id) from None
        act.record(session, "unlink", link_id, reason=body.why, difference=kept)
        return Unlinked(link=kept)

    return act.once(work)


def _asked(world: World, rules: RuleSet, wish: Wish) -> Wish:
    """A field is short for the query of the records in which it holds something."""
    if wish.field is None:
        return wish
    try:
        query = as_query(world.connections, wish.field, places.ends(rules, wish, None, None))
    except Malformed as error:
        raise refusal(400, str(error)) from None
    return wish.model_copy(update={"query": query, "field": None})


def _said(world: World, rules: RuleSet, wish: Wish) -> list[store.Said]:
    """The listed pairs with what they are to each other; refuses what could never be looked up."""
    try:
        whole = [places.ends(rules, wish, None, None)] if wish.query is not None else []
        listed = [
            (pair.left, pair.right, places.ends(rules, wish, pair.role, pair.relation))
            for pair in wish.pairs
        ]
    except Malformed as error:
        raise refusal(400, str(error)) from None
    for one in {*whole, *(role for _, _, role in listed)}:
        _readable(world, one, wish)
    return listed


def _readable(world: World, role: places.Ends, wish: Wish) -> None:
    sides = {role.left[0], role.right[0]}
    for name in sorted(sides):
        connected = world.connections.get(name)
        if connected is None or connected.connector.reader is None:
            raise refusal(400, f"{name!r} is no connection whose records can be read")
    if wish.query is not None and wish.query.connection not in sides:
        raise refusal(
            400, f"the query's connection is none of {', '.join(sorted(sides))}, which links join"
        )


def _adoption(session: Session, adoption_id: str) -> AdoptionRow:
    row = session.get(AdoptionRow, adoption_id)
    if row is None:
        raise not_found(f"import {adoption_id}")
    return row


def _may_run(row: AdoptionRow, now: datetime) -> bool:
    return row.state == "planned" and row.expires_at >= now


def _over(adoption_id: str) -> Problem:
    return Problem(
        "import-over",
        "This import cannot be used so",
        status=409,
        detail=f"{adoption_id} is not there, is not planned yet, is over, or is older than a day",
    )


def _on_its_way(delivery_id: str) -> Problem:
    return Problem(
        "link-reserved",
        "This link's record is being made",
        status=409,
        detail=f"cancel the delivery instead, which frees the link: {delivery_id}",
        more={"delivery": delivery_id},
    )
