"""`/api/v1/messages`: what came in, byte for byte, and having it read again."""

import base64
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from bridge.access.guard import Operator, Viewer
from bridge.access.paging import Page, Turn, Word
from bridge.access.problems import ACTS, READS, not_found
from bridge.access.repeats import OperatorAct
from bridge.access.state import Data
from bridge.inbox import store
from bridge.inbox.tables import MessageRow, MessageState

MOST = 500
router = APIRouter(prefix="/api/v1/messages", tags=["messages"], responses=READS)


class MessageView(BaseModel):
    """A message without its body."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    id: str
    connection: str
    received_at: datetime
    size: int
    event_type: str
    state: MessageState
    reason: str
    translated_at: datetime | None


class WholeMessage(MessageView):
    """With headers and body; `body` is base64 where it is no text. Null: retention has thinned it."""

    headers: dict[str, Any]
    body: str | None
    is_base64: bool


class Retranslation(BaseModel):
    """Which messages are to be read again: ids, or a state of a connection."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"state": "bad", "connection": "jira"}]}
    )

    ids: tuple[str, ...] = Field(default=(), max_length=MOST)
    state: MessageState | None = None
    connection: str | None = None
    most: int = Field(default=MOST, ge=1, le=100_000)


class Retranslated(BaseModel):
    count: int


@router.get("", summary="What came in")
def listing(
    _: Viewer,
    database: Data,
    turn: Turn,
    connection: Annotated[Word | None, Query()] = None,
    state: MessageState | None = None,
    event_type: Annotated[Word | None, Query()] = None,
) -> Page[MessageView]:
    """Messages, the newest first, without bodies."""
    query = store.listing(connection=connection, state=state, event_type=event_type)
    with database.reading() as session:
        rows = session.scalars(turn.span.of(query, MessageRow.seq)).all()
    return turn.page(rows, seq=lambda row: row.seq, item=MessageView.model_validate)


@router.get("/{message_id}", summary="One message as it came")
def one(_: Operator, database: Data, message_id: str) -> WholeMessage:
    """With headers and body. Bodies hold personal data, so this needs the role operator."""
    with database.reading() as session:
        row = store.one(session, message_id)
        if row is None:
            raise not_found(f"message {message_id}")
        return _whole(row)


@router.post(":retranslate", summary="Read messages again", responses=ACTS)
def retranslate(act: OperatorAct, wish: Retranslation) -> Response:
    """Translate them anew, after a source or Bridge was mended. Known facts are not doubled."""

    def work(session: Any) -> Retranslated:
        ids = wish.ids or _matching(session, wish)
        count = store.retranslate(session, ids)
        act.record(session, "retranslate", f"{count} messages", difference=wish.model_dump())
        return Retranslated(count=count)

    return act.once(work)


def _matching(session: Any, wish: Retranslation) -> list[str]:
    query = select(MessageRow.id).where(MessageRow.state != MessageState.PENDING)
    if wish.state:
        query = query.where(MessageRow.state == wish.state)
    if wish.connection:
        query = query.where(MessageRow.connection == wish.connection)
    if not (wish.state or wish.connection):
        return []
    return list(session.scalars(query.order_by(MessageRow.seq).limit(wish.most)))


def _whole(row: MessageRow) -> WholeMessage:
    text, is_base64 = _text(row.body)
    return WholeMessage(
        **MessageView.model_validate(row).model_dump(),
        headers=orjson.loads(row.headers or b"{}"),
        body=text,
        is_base64=is_base64,
    )


def _text(body: bytes | None) -> tuple[str | None, bool]:
    if body is None:
        return None, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True
