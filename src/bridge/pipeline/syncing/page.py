"""`/decide/{token}`: the page that a signed link opens. To open it does nothing; its buttons decide.

Who scans mails and shows previews opens links, too, so a GET never acts. A choice names what its person
saw: where a value has changed meanwhile it is shown again, and nothing is written.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.access import audit
from bridge.access.keys import Principal, Role
from bridge.access.problems import Problem
from bridge.access.state import Data, Time
from bridge.outbox.tables import HoldRow
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.syncing import sheet
from bridge.pipeline.syncing.asked import both
from bridge.pipeline.syncing.choosing import Changed, Conflict, conflict, decide
from bridge.pipeline.syncing.routes import revealed
from bridge.pipeline.syncing.tickets import Ticket, read
from bridge.pipeline.world import World

router = APIRouter(prefix="/decide", include_in_schema=False)
Said = Annotated[str, Query(max_length=80)]
DECIDED = "/problems/hold-decided"
MOVED = "A value was changed since you looked, so nothing was written. Please look again."


@router.get("/{token}")
def ask(request: Request, database: Data, world: TheWorld, clock: Time, token: str) -> HTMLResponse:
    """What stands at both ends, and what would be written."""
    ticket = _ticket(request, token, clock.now())
    if isinstance(ticket, HTMLResponse):
        return ticket
    with database.reading() as session:
        try:
            return _html(200, _question(ticket, conflict(session, world, ticket.hold)))
        except Problem as problem:
            return _told(session, ticket, problem)


@router.post("/{token}")
def answer(
    request: Request,
    database: Data,
    world: TheWorld,
    clock: Time,
    token: str,
    *,
    take: Said = "",
    seen: Said = "",
) -> HTMLResponse:
    """The choice, in the name of the person whom the link was made for."""
    now = clock.now()
    ticket = _ticket(request, token, now)
    if isinstance(ticket, HTMLResponse):
        return ticket
    try:
        with database.transaction() as session:
            return _answered(session, world, ticket, take=take, seen=seen, now=now)
    except Changed as changed:
        return _html(409, _question(ticket, changed.found, notice=MOVED))
    except Problem as problem:
        with database.reading() as session:
            return _told(session, ticket, problem)


def _answered(
    session: Session, world: World, ticket: Ticket, *, take: str, seen: str, now: datetime
) -> HTMLResponse:
    if ticket.take not in {"", take}:
        raise Changed(conflict(session, world, ticket.hold))
    who = Principal(f"{ticket.who} (signed link)", Role.OPERATOR)  # no key can have this name
    why = "decided by a signed link"
    found = decide(session, world, ticket.hold, take, who=who, why=why, now=now, seen=seen)
    audit.record(
        session, who, "decide", ticket.hold, reason=why, difference={"take": take}, now=now
    )
    other = next(end for end in both(found) if end.connection != take)
    body = sheet.page(
        "Thank you",
        f"<p>The value of {sheet.bare(take)} counts. {sheet.bare(other.record)} in"
        f" {sheet.bare(other.connection)} gets it within moments; you may close this page.</p>",
    )
    return _html(200, body)


def _ticket(request: Request, token: str, now: datetime) -> Ticket | HTMLResponse:
    """What the link allows, or the page for one that allows nothing."""
    try:
        ticket = read(revealed(request), token, now=now)
    except Problem:
        return _nothing(409, "Bridge takes no signed links at present. Answer whoever sent it.")
    if ticket is None:
        return _nothing(404, "Its time is over, or it was not copied whole. Ask for a new one.")
    return ticket


def _question(ticket: Ticket, found: Conflict, *, notice: str = "") -> str:
    pair = found.judged.pair.name
    return sheet.question(ticket, pair, both(found), seen=found.seen, notice=notice)


def _told(session: Session, ticket: Ticket, problem: Problem) -> HTMLResponse:
    """Why nothing can be chosen: most often because it was."""
    if problem.type != DECIDED:
        said = sheet.line(problem.detail or problem.title)
        return _html(problem.status, sheet.page("This cannot be chosen", said))
    hold = session.scalar(select(HoldRow).where(HoldRow.id == ticket.hold))
    lines = [
        f"<p>By {sheet.bare(one['by'])}: {sheet.bare(one['why'])}</p>"
        for one in (hold.decisions[-1:] if hold is not None else [])
    ]
    done = sheet.line("There is nothing left to choose; you may close this page.")
    return _html(problem.status, sheet.page("This is settled already", *lines, done))


def _nothing(status: int, why: str) -> HTMLResponse:
    return _html(status, sheet.page("This link opens nothing", sheet.line(why)))


def _html(status: int, body: str) -> HTMLResponse:
    return HTMLResponse(body, status, headers=dict(sheet.HEADERS))
