"""`/decide/{token}`: the page that a signed link opens. To open it does nothing; its button decides."""

from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from bridge.access import audit
from bridge.access.keys import Principal, Role
from bridge.access.problems import Problem
from bridge.access.state import Data, Time
from bridge.canonical.text import cut
from bridge.pipeline.acts.routes import TheWorld
from bridge.pipeline.syncing.choosing import Changed, Conflict, conflict, decide, shown
from bridge.pipeline.syncing.routes import revealed
from bridge.pipeline.syncing.tickets import Ticket, read
from bridge.rules.agree import End

router = APIRouter(prefix="/decide", include_in_schema=False)
Seen = Annotated[str, Query(max_length=64)]
LONGEST = 2_000  # characters of a value
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}"
)


@router.get("/{token}")
def ask(request: Request, database: Data, world: TheWorld, clock: Time, token: str) -> HTMLResponse:
    """What stands at both ends, and what would be written."""
    ticket = read(revealed(request), token, now=clock.now())
    if ticket is None:
        return _nothing()
    try:
        with database.reading() as session:
            return _page(
                200, "Whose value counts?", _question(ticket, conflict(session, world, ticket.hold))
            )
    except Problem as problem:
        return _told(problem)


@router.post("/{token}")
def answer(
    request: Request, database: Data, world: TheWorld, clock: Time, token: str, *, seen: Seen = ""
) -> HTMLResponse:
    """The choice, in the name of the person whom the link was made for.

    Of what they have seen: where the values are others by now, they are shown and asked again.
    """
    now = clock.now()
    ticket = read(revealed(request), token, now=now)
    if ticket is None:
        return _nothing()
    who = Principal(f"{ticket.who} (signed link)", Role.OPERATOR)  # no key can have this name
    why = "decided by a signed link"
    try:
        with database.transaction() as session:
            decide(session, world, ticket.hold, ticket.take, who=who, why=why, now=now, seen=seen)
            audit.record(
                session,
                who,
                "decide",
                ticket.hold,
                reason=why,
                difference={"take": ticket.take},
                now=now,
            )
    except Changed as changed:
        return _page(409, "Look again: it has changed", _question(ticket, changed.found))
    except Problem as problem:
        return _told(problem)
    return _page(
        200, "Thank you", f"<p>The value of {escape(ticket.take)} goes to the other end.</p>"
    )


def _question(ticket: Ticket, found: Conflict) -> str:
    rows = "".join(_row(shown(found, end)) for end in End)
    take = escape(ticket.take)
    return (
        f"<p>{escape(ticket.who)}, both ends have changed <b>{escape(found.judged.pair.name)}</b>.</p>"
        f"<table border=1><tr><th>where<th>record<th>value</tr>{rows}</table>"
        f'<form method=post action="?seen={found.seen}"><p>'
        f"The value of <b>{take}</b> will be written to the other end.</p>"
        f"<button>Take the value of {take}</button></form>"
    )


def _row(end: dict[str, Any]) -> str:
    said = (
        end["connection"],
        end["key"] or end["ref"],
        cut(str(end["value"] or "(empty)"), LONGEST),
    )
    return f"<tr>{''.join(f'<td>{escape(str(one))}' for one in said)}</tr>"


def _told(problem: Problem) -> HTMLResponse:
    return _page(problem.status, problem.title, f"<p>{escape(problem.detail or '')}</p>")


def _nothing() -> HTMLResponse:
    return _page(
        404, "This link opens nothing", "<p>It is over, or it was changed. Ask for a new one.</p>"
    )


def _page(status: int, title: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        _PAGE.format(title=escape(title), body=body), status, headers=dict(_HEADERS)
    )
