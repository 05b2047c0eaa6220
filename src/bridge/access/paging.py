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
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from bridge.access.problems import Problem
from bridge.canonical.text import storable

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAX_CURSOR = 200
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
        default=None, description="The `cursor` of the next page; null at the end of the list."
    )


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which part of a list is asked for. `after`: the sequence number the last page ended with."""

    after: int | None = None
    limit: int = DEFAULT_LIMIT
    order: Order = Order.NEWEST

    def of(self, statement: Select[Any], column: InstrumentedAttribute[int]) -> Select[Any]:
        """The statement cut to this part, and one row more, which tells that there is a next page."""
        newest = self.order is Order.NEWEST
        if self.after is not None:
            statement = statement.where(column < self.after if newest else column > self.after)
        return statement.order_by(column.desc() if newest else column.asc()).limit(self.limit + 1)


@dataclass(frozen=True, kw_only=True)
class Paging:
    """The span a request asks for, and how its page is answered."""

    span: Span
    request: Request
    response: Response

    def page(
        self, rows: Sequence[Row], *, seq: Callable[[Row], int], item: Callable[[Row], Item]
    ) -> Page[Item]:
        """At most `limit` of the rows as a page, with `next` and a `Link` when there are more."""
        shown = rows[: self.span.limit]
        following = None
        if len(rows) > len(shown):
            following = cursor(self.span.order, seq(shown[-1]))
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
