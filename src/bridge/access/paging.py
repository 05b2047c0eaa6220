"""Keyset pages: a list is read from where the last page ended, so that no row is missed or seen twice.

A cursor is opaque to clients: base64url of `[order, seq]`.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.access.problems import Problem
from bridge.canonical.text import storable

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAX_CURSOR = 200
LOOK_BACK = 100_000  # rows of one page's look, where no index leads to what fits
MAX_SEQ = 2**63 - 1  # a bigint; a larger number in a forged cursor is an error in PostgreSQL

Item = TypeVar("Item")
Row = TypeVar("Row")

Word = Annotated[str, StringConstraints(max_length=500), AfterValidator(storable)]
"""Text of a filter: without what PostgreSQL refuses to compare."""


class Order(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"


class Page(BaseModel, Generic[Item]):
    """Part of a list, and where it goes on."""

    model_config = ConfigDict(frozen=True)

    items: tuple[Item, ...]
    next: str | None = Field(
        default=None,
        description="The `cursor` of the next page; null at the end of the list. A page may be short and still not the last.",
    )


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which part of a list is asked for. `after`: the sequence number the last page ended with."""

    after: int | None = None
    limit: int = DEFAULT_LIMIT
    order: Order = Order.NEWEST
    look_back: int = LOOK_BACK

    def read(
        self, session: Session, statement: Select[Any], column: InstrumentedAttribute[int]
    ) -> "Found":
        """The rows of this part, and one more; for a filter that an index serves."""
        return Found(rows=session.scalars(self.of(statement, column)).all())

    def look(
        self, session: Session, statement: Select[Any], column: InstrumentedAttribute[int]
    ) -> "Found":
        """The same for a filter that no index serves: so many rows are looked at, and no more.

        A page of a long list may then hold few rows, or none, and still not be the last.
        """
        ends = (select(end(column)).scalar_subquery() for end in (func.min, func.max))
        first, last = session.execute(select(*ends)).one()
        if first is None:
            return Found(rows=())
        if self.order is Order.NEWEST:
            stop = (last + 1 if self.after is None else self.after) - self.look_back
            within, over = column >= stop, stop <= first
        else:
            stop = (first - 1 if self.after is None else self.after) + self.look_back
            within, over = column <= stop, stop >= last
        rows = session.scalars(self.of(statement.where(within), column)).all()
        return Found(rows=rows, stopped_at=None if over else stop)

    def of(self, statement: Select[Any], column: InstrumentedAttribute[int]) -> Select[Any]:
        """The statement cut to this part, and one row more, which tells that there is a next page."""
        newest = self.order is Order.NEWEST
        if self.after is not None:
            statement = statement.where(column < self.after if newest else column > self.after)
        return statement.order_by(column.desc() if newest else column.asc()).limit(self.limit + 1)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a look has found. `stopped_at`: the last sequence number it came to; `None`: to the end."""

    rows: Sequence[Any]
    stopped_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Paging:
    """The span a request asks for, and how its page is answered."""

    span: Span
    request: Request
    response: Response

    def page(
        self,
        rows: Sequence[Row],
        *,
        seq: Callable[[Row], int],
        item: Callable[[Row], Item],
        stopped_at: int | None = None,
    ) -> Page[Item]:
        """At most `limit` of the rows as a page, with `next` and a `Link` when there may be more."""
        shown = rows[: self.span.limit]
        end = seq(shown[-1]) if len(rows) > len(shown) else stopped_at
        following = None if end is None else cursor(self.span.order, end)
        if following:
            self.response.headers["Link"] = f'<{self._link(following)}>; rel="next"'
        return Page(items=tuple(item(row) for row in shown), next=following)

    def _link(self, following: str) -> str:
        """Relative, as RFC 8288 allows: a Host header that somebody made up is not repeated."""
        url = self.request.url.include_query_params(cursor=following)
        return f"{url.path}?{url.query}"


async def paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=MAX_CURSOR, description="`next` of the page before.")
    ] = None,
    order: Annotated[Order, Query()] = Order.NEWEST,
) -> Paging:
    """400 for a cursor that is not ours, or that belongs to the other order."""
    after = None if cursor is None else position(order, cursor)
    span = Span(after=after, limit=limit, order=order)
    return Paging(span=span, request=request, response=response)


Turn = Annotated[Paging, Depends(paging)]


def cursor(order: Order, seq: int) -> str:
    """The opaque form of a place in a list."""
    return base64.urlsafe_b64encode(orjson.dumps([order.value, seq])).decode().rstrip("=")


def position(order: Order, text: str) -> int:
    """The sequence number in a cursor of this order."""
    match _decoded(text):
        case [str(kept), int(seq)] if kept == order.value and 0 <= seq <= MAX_SEQ:
            return seq
        case [str(kept), int()] if kept in set(Order):
            raise _wrong(f"this cursor belongs to order={kept}; ask for that, or leave it out")
        case _:
            raise _wrong("take the cursor from `next` of the page before, or leave it out")


def _decoded(text: str) -> Any:
    try:
        return orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None


def _wrong(detail: str) -> Problem:
    return Problem("wrong-cursor", "The cursor cannot be used", status=400, detail=detail)
